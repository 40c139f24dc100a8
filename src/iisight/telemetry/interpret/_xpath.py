"""The `Configuration` of IIS-Configuration events: `/system.webServer/modules/add[@name="X"]/@type`.

Values between quotes may hold any character but the quote followed by what ends a condition; how the writer escapes
quotes is not documented, so a text that does not fit is read as far as it goes.
"""

import re
from dataclasses import dataclass

MAX_PATH = 8_192  # characters
MAX_STEPS = 64

_STEP = re.compile(r"/(@?)([^/\[\]@]{1,512})")
_CONDITION = re.compile(r"""\s*@([^=\s\]"']{1,256})\s*=\s*(["'])""")
_END = {q: re.compile(rf"{q}\s*(?:\]|and\s+@)", re.IGNORECASE) for q in "\"'"}


@dataclass(frozen=True, slots=True)
class Step:
    """One element of a path, with the attributes it is chosen by."""

    name: str
    keys: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class ConfigurationPath:
    """A place in the configuration: elements from the section group down, and the attribute if there is one."""

    steps: tuple[Step, ...]
    attribute: str = ""

    @property
    def elements(self) -> tuple[str, ...]:
        """Return the names of the elements."""
        return tuple(step.name for step in self.steps)

    def key(self, *names: str) -> str:
        """Return what the innermost element that has one is called by; the first of `names` that it has, else all."""
        for step in reversed(self.steps):
            table = dict(step.keys)
            if table:
                named = next((table[name] for name in names if table.get(name)), "")
                return named or " ".join(value for _, value in step.keys)
        return ""


def parse_path(text: str) -> ConfigurationPath:
    """Return the parts of a path; what cannot be read ends it."""
    text = text[:MAX_PATH].strip()
    text = text if text.startswith("/") else f"/{text}"
    steps: list[Step] = []
    at = 0
    while len(steps) < MAX_STEPS and (match := _STEP.match(text, at)):
        if match[1]:
            return ConfigurationPath(tuple(steps), match[2].strip())
        keys, at = _conditions(text, match.end())
        steps.append(Step(match[2].strip(), keys))
    return ConfigurationPath(tuple(steps))


def _conditions(text: str, at: int) -> tuple[tuple[tuple[str, str], ...], int]:
    keys: list[tuple[str, str]] = []
    while at < len(text) and text[at] == "[":
        at += 1
        while len(keys) < MAX_STEPS and (match := _CONDITION.match(text, at)):
            end = _END[match[2]].search(text, match.end())
            if end is None:
                return (*keys, (match[1], text[match.end() :].rstrip("\"']"))), len(text)
            keys.append((match[1], text[match.end() : end.start()]))
            at = end.end() - (0 if end[0].endswith("]") else 1)
            if end[0].endswith("]"):
                break
        else:
            close = text.find("]", at)
            return tuple(keys), len(text) if close < 0 else close + 1
    return tuple(keys), at
