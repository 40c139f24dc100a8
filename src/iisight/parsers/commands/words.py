"""One process's command line: split as the C runtime does, and the program it names."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

MAX_LINE = 65_536  # characters of a command line looked at; Windows allows 32,767
MAX_WORDS = 32_768  # more than a command line of Windows can hold

_EXTENSIONS = (".exe", ".com", ".cmd", ".bat")
_BACKSLASHES = re.compile(r'(\\+)(?=")')


@dataclass(frozen=True, slots=True)
class Program:
    """A program that is started with these words, the first of which names it."""

    words: tuple[str, ...]
    raw: str = ""  # the line as written, where there is one
    notes: tuple[str, ...] = ()  # how it was hidden

    @property
    def name(self) -> str:
        """Return the name of the program without folder and extension, in lower case."""
        return program_name(self.words[0]) if self.words else ""

    @property
    def arguments(self) -> tuple[str, ...]:
        """Return the words after the program."""
        return self.words[1:]

    def plain(self, signs: str = "-/") -> list[str]:
        """Return the words after the program that are no switches."""
        return [word for word in self.arguments if word and word[0] not in signs]


def split(line: str) -> tuple[str, ...]:
    """Return the words of a line as CommandLineToArgvW gives them (learn.microsoft.com, shellapi.h)."""
    words: list[str] = []
    at, end = 0, min(len(line), MAX_LINE)
    while len(words) < MAX_WORDS:
        while at < end and line[at] in " \t\r\n":
            at += 1
        if at >= end:
            break
        word, at = _program(line, at, end) if not words else _word(line, at, end)
        words.append(word)
    return tuple(words)


def joined(words: Sequence[str]) -> str:
    """Return a line that `split` takes apart into these words."""
    return " ".join(_quoted(word) for word in words)


def program_name(word: str) -> str:
    """Return the name in a program's path: no folder, no extension, lower case."""
    name = re.split(r"[\\/]", word.strip().strip('"'))[-1].lower().rstrip(" .")
    return next((name.removesuffix(ending) for ending in _EXTENSIONS if name.endswith(ending)), name)


def _program(line: str, at: int, end: int) -> tuple[str, int]:
    """Return the first word, in which a backslash never escapes."""
    quoted, found = False, []
    while at < end and (quoted or line[at] not in " \t\r\n"):
        if line[at] == '"':
            quoted = not quoted
        else:
            found.append(line[at])
        at += 1
    return "".join(found), at


def _word(line: str, at: int, end: int) -> tuple[str, int]:
    quoted, found = False, []
    while at < end and (quoted or line[at] not in " \t\r\n"):
        if line[at] == "\\":
            run = at
            while run < end and line[run] == "\\":
                run += 1
            count, at = run - at, run
            if at < end and line[at] == '"':
                found.append("\\" * (count // 2) + ('"' if count % 2 else ""))
                at += count % 2
            else:
                found.append("\\" * count)
        elif line[at] == '"':
            if quoted and at + 1 < end and line[at + 1] == '"':
                found.append('"')
                at += 1
            else:
                quoted = not quoted
            at += 1
        else:
            found.append(line[at])
            at += 1
    return "".join(found), at


def _quoted(word: str) -> str:
    if word and not re.search(r'[\s"]', word):
        return word
    doubled = _BACKSLASHES.sub(r"\1\1", word).replace('"', '\\"')
    tail = "\\" * (len(doubled) - len(doubled.rstrip("\\")))
    return '"' + doubled + tail + '"'
