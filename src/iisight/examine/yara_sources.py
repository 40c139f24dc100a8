"""The texts of YARA rules: iisight's own pack, the rule that finds strings of abilities, the files of the user."""

import re
from collections.abc import Iterable, Iterator
from importlib import resources
from pathlib import Path

from iisight.catalogue.tables import rows

MAX_FILES = 10_000  # of the user's rules
MAX_BYTES = 16 * 1024 * 1024  # of one such file
SUFFIXES = (".yar", ".yara", ".rule", ".rules")

RuleText = tuple[str, str]
"""Name of the file, and its text."""

_TOKEN = re.compile(r'"(?:\\.|[^"\\\n])*"|//[^\n]*|/\*.*?\*/', re.DOTALL)
_IMPORT = re.compile(r'^[ \t]*import[ \t]+"[^"\n]*"', re.MULTILINE)
_DIRECTIVE = re.compile(r'^[ \t]*(?:import|include)[ \t]+"[^"\n]*"', re.MULTILINE)
_RULE = re.compile(r"^[ \t]*(?:(?:private|global)[ \t]+){0,2}rule[ \t]+(\w+)", re.MULTILINE)
_ENCODINGS = {"ascii": "ascii", "wide": "wide", "both": "ascii wide"}


def own_rules() -> tuple[RuleText, ...]:
    """Return the rules of `iisight/rules/yara`, by file name without `.yar`."""
    folder = resources.files("iisight").joinpath("rules", "yara")
    files = sorted((f for f in folder.iterdir() if f.name.endswith(".yar")), key=lambda f: f.name)
    return tuple((f.name.removesuffix(".yar"), f.read_text("utf-8")) for f in files)


def string_rule() -> str:
    """Return a rule whose string `$s<n>` is row n of `capability_strings.csv`."""
    lines = []
    for number, row in enumerate(rows("capability_strings")):
        text = row["text"].replace("\\", "\\\\").replace('"', '\\"')
        case = "" if row["case"] == "yes" else " nocase"
        lines.append(f'$s{number} = "{text}" {_ENCODINGS[row["encoding"]]}{case}')
    return "rule found_strings { strings: " + "\n".join(lines) + "\ncondition: any of them }"


def read_rules(paths: Iterable[Path]) -> tuple[tuple[RuleText, ...], tuple[str, ...]]:
    """Return the rules of files and of all rule files below folders, and what of it could not be read."""
    found: dict[str, str] = {}
    problems: list[str] = []
    for path in _files(paths, problems):
        try:
            with path.open("rb") as file:
                data = file.read(MAX_BYTES + 1)
            if len(data) > MAX_BYTES:
                problems.append(f"{path}: longer than {MAX_BYTES:,} bytes; not read")
            else:
                found[str(path)] = data.decode("utf-8-sig")
        except OSError as error:
            problems.append(f"{path}: {error.strerror}")
        except UnicodeDecodeError as error:
            problems.append(f"{path}: not UTF-8 at byte {error.start}")
    return tuple(sorted(found.items())), tuple(problems)


def _files(paths: Iterable[Path], problems: list[str]) -> list[Path]:
    found: list[Path] = []
    for path in paths:
        below = sorted(p for p in path.rglob("*") if p.suffix.lower() in SUFFIXES and p.is_file())
        if path.is_dir() and not below:
            problems.append(f"{path}: no file named {', '.join('*' + s for s in SUFFIXES)} in it")
        found += below if path.is_dir() else [path]
    if len(found) > MAX_FILES:
        problems.append(f"only the first {MAX_FILES:,} of {len(found):,} rule files are read")
    return found[:MAX_FILES]


def split_rules(text: str) -> Iterator[str]:
    """Yield each rule of a text with the imports before it; every line keeps its number."""
    bare = _TOKEN.sub(lambda m: m[0] if m[0][0] == '"' else re.sub(r"[^\n]", " ", m[0]), text)
    marks = [m.start() for m in _RULE.finditer(bare)]
    for start, end in zip(marks, [*marks[1:], len(bare)], strict=False):
        imports = " ".join(m[0].strip() for m in _IMPORT.finditer(bare, 0, start))
        yield imports + "\n" * bare.count("\n", 0, start) + _DIRECTIVE.sub("", bare[start:end])


def rule_at(text: str, line: int) -> str:
    """Return the name of the rule that a line of a text belongs to; empty when it stands before all of them."""
    names = [m[1] for m in _RULE.finditer(text) if text.count("\n", 0, m.start(1)) < line]
    return names[-1] if names else ""
