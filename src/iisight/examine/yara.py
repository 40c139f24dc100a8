"""YARA rules over the bytes of a file: iisight's own, the user's, and the strings that abilities are told from.

This is the one file that knows YARA-X. Where it is not installed (there is no wheel for Windows on ARM) that is said.
"""

import io
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

from iisight.catalogue.tables import rows
from iisight.examine.capabilities import FoundString
from iisight.examine.yara_sources import RuleText, own_rules, rule_at, split_rules, string_rule
from iisight.model.examination import YaraMatch, YaraString

if TYPE_CHECKING:
    import yara_x

OWN = "iisight"
MAX_SECONDS = 5  # of one scan
MAX_PATTERN_MATCHES = 10_000  # that a condition can count
MAX_MATCHES = 256  # rules shown of one file
MAX_STRINGS = 16  # shown of one match
MAX_TEXT = 80  # bytes shown of a string
MAX_META = 32
MAX_META_TEXT = 1_000
NOT_INSTALLED = "YARA rules were not run: yara-x is not installed"

_STRINGS = "iisight strings"
_USER = "user:"
_DUPLICATE, _INCLUDE = "DuplicateRule", "IncludeNotAllowed"


@dataclass(frozen=True, slots=True)
class Compiled:
    """Compiled rules, to be handed to worker processes."""

    own: bytes  # iisight's; empty: there is no yara-x
    everything: bytes = b""  # those and the user's; empty: there are none of the user's
    problems: tuple[str, ...] = ()  # rules of the user that do not compile: file, line, rule, message


@dataclass(frozen=True, slots=True)
class Scan:
    """What was found in a file."""

    matches: tuple[YaraMatch, ...] = ()
    strings: tuple[FoundString, ...] = ()
    notes: tuple[str, ...] = ()


def compile_rules(user: Iterable[RuleText] = ()) -> Compiled:
    """Compile iisight's rules and the user's; one that does not compile is named, all others are used."""
    try:
        own = _own()
    except ImportError:
        return Compiled(b"", problems=(NOT_INSTALLED,))
    texts = tuple(user)
    if not texts:
        return Compiled(own)
    compiler, problems = _compiler(), []
    for name, text in texts:
        compiler.new_namespace(f"{_USER}{name}")
        problems += _add_user(compiler, name, text)
    return Compiled(own, _serialized(compiler), tuple(dict.fromkeys(problems)))


class Scanner:
    """Compiled rules, ready to scan one file after the other in this process."""

    def __init__(self, compiled: Compiled) -> None:
        """Load the rules."""
        self._own = compiled.own
        self._has_user_rules = bool(compiled.everything)
        self._scanner = _scanner(compiled.everything or compiled.own) if compiled.own else None

    def scan(self, data: bytes) -> Scan:
        """Return what matches; when the user's rules take too long, iisight's own are run alone."""
        if self._scanner is None:
            return Scan(notes=(NOT_INSTALLED,))
        found, problem = _scan(self._scanner, data)
        if not problem:
            return found
        if not self._has_user_rules:
            return Scan(notes=(f"YARA rules were not run: {problem}",))
        found, again = _scan(_scanner(self._own), data)
        both = f"YARA rules were not run: {again}" if again else f"the user's YARA rules were not run: {problem}"
        return Scan(found.matches, found.strings, (both,))


def _scan(scanner: "yara_x.Scanner", data: bytes) -> tuple[Scan, str]:
    """Return what was found, or why nothing was."""
    import yara_x

    try:
        rules = scanner.scan(data).matching_rules
    except yara_x.TimeoutError:
        return Scan(), f"they took longer than {MAX_SECONDS} s"
    except yara_x.ScanError as error:
        return Scan(), str(error)
    return _found(rules, data), ""


def _found(rules: "Iterable[yara_x.Rule]", data: bytes) -> Scan:
    matches: list[YaraMatch] = []
    strings: tuple[FoundString, ...] = ()
    for rule in rules:
        if rule.namespace == _STRINGS:
            strings = tuple(_found_strings(rule))
        else:
            matches.append(YaraMatch(rule.identifier, _source(rule), tuple(_strings(rule, data)), tuple(_meta(rule))))
    matches.sort(key=lambda m: (m.source != OWN, m.source, m.rule))
    cut = len(matches) - MAX_MATCHES
    notes = (f"{cut:,} further YARA rules match; they are not shown",) if cut > 0 else ()
    return Scan(tuple(matches[:MAX_MATCHES]), strings, notes)


def _source(rule: "yara_x.Rule") -> str:
    """Return `iisight` for our own rules alone, else the name of the user's file."""
    if rule.namespace == OWN:
        return OWN
    name = str(rule.namespace).removeprefix(_USER)
    return f"./{name}" if name == OWN else name


def _found_strings(rule: "yara_x.Rule") -> Iterator[FoundString]:
    """Yield the texts of abilities by their first places, by row of the table."""
    table = rows("capability_strings")
    for pattern in rule.patterns:
        text = table[int(pattern.identifier.removeprefix("$s"))]["text"]
        yield from (FoundString(text, match.offset) for match in pattern.matches[:MAX_STRINGS])


def _strings(rule: "yara_x.Rule", data: bytes) -> Iterator[YaraString]:
    """Yield where a rule's strings are: each string's first place first."""
    places = [
        (turn, match.offset, pattern.identifier, match.length)
        for pattern in rule.patterns
        for turn, match in enumerate(pattern.matches[:MAX_STRINGS])
    ]
    for _, offset, identifier, length in sorted(places)[:MAX_STRINGS]:
        yield YaraString(identifier, offset, _shown(data[offset : offset + min(length, MAX_TEXT)]))


def _meta(rule: "yara_x.Rule") -> Iterator[tuple[str, str]]:
    for name, value in rule.metadata[:MAX_META]:
        text = _shown(value) if isinstance(value, bytes) else str(value)
        yield name, (text.lower() if isinstance(value, bool) else text)[:MAX_META_TEXT]


def _shown(raw: bytes) -> str:
    return "".join(chr(b) if 0x20 <= b < 0x7F else f"\\x{b:02x}" for b in raw)


def _scanner(compiled: bytes) -> "yara_x.Scanner":
    import yara_x

    scanner = yara_x.Scanner(yara_x.Rules.deserialize_from(io.BytesIO(compiled)))
    scanner.set_timeout(MAX_SECONDS)
    scanner.max_matches_per_pattern(MAX_PATTERN_MATCHES)
    return scanner


@cache
def _own() -> bytes:
    return _serialized(_compiler())


def _compiler() -> "yara_x.Compiler":
    """Return a compiler that has iisight's own rules."""
    import yara_x

    compiler = yara_x.Compiler(includes_enabled=False)
    compiler.new_namespace(_STRINGS)
    compiler.add_source(string_rule())
    compiler.new_namespace(OWN)
    for name, text in own_rules():
        compiler.add_source(text, origin=name)
    return compiler


def _serialized(compiler: "yara_x.Compiler") -> bytes:
    out = io.BytesIO()
    compiler.build().serialize_into(out)
    return out.getvalue()


def _add_user(compiler: "yara_x.Compiler", name: str, text: str) -> list[str]:
    """Add a file of the user's. A syntax error ends what YARA-X reads of a text, so then its rules are added singly."""
    errors = _add(compiler, name, text)
    if any(e["type"] == "SyntaxError" for e in errors):
        single = [e for piece in split_rules(text) for e in _add(compiler, name, piece)[:1] if e["type"] != _DUPLICATE]
        errors = [e for e in errors if e["type"] in {_DUPLICATE, _INCLUDE}] + single if single else errors
    return [_problem(name, text, error) for error in errors]


_Error = dict[str, object]


def _add(compiler: "yara_x.Compiler", name: str, text: str) -> list[_Error]:
    """Add a text and return the errors in it."""
    import yara_x

    before = len(compiler.errors())
    try:
        compiler.add_source(text, origin=name)
    except yara_x.CompileError:
        return list(compiler.errors()[before:])
    return []


def _problem(name: str, text: str, error: _Error) -> str:
    line = int(str(error["line"]))
    labels = error["labels"]
    told = str(labels[0]["text"]) if isinstance(labels, list) and labels else ""
    rule = "" if error["type"] == _INCLUDE else rule_at(text, line)
    where = f"{name}:{line}: " + (f"rule '{rule}': " if rule else "")
    return where + ": ".join(dict.fromkeys(filter(None, (str(error["title"]), told))))
