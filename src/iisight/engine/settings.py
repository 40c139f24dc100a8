"""`iisight.toml`: what the operator trusts, what does not count, and how rules are tuned."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from pathlib import Path

from iisight.model.component import Component
from iisight.model.errors import UsageError
from iisight.model.finding import Finding, Suppression
from iisight.model.rule import OptionValue

FILE_NAME = "iisight.toml"
MAX_SIZE = 1024 * 1024  # bytes
_KEYS = {
    "ignore": {"rule", "component", "fingerprint", "reason"},
    "trust": {"component", "sha256", "reason"},
    "publisher": {"name", "reason"},
}


@dataclass(frozen=True, slots=True)
class Ignore:
    """Findings that do not count. Empty fields match anything; patterns are those of a shell."""

    reason: str
    source: str
    rule: str = "*"
    component: str = "*"
    fingerprint: str = "*"

    def matches(self, finding: Finding) -> bool:
        """Tell whether a finding is meant."""
        components = finding.components or ("",)
        return (
            fnmatchcase(finding.rule.lower(), self.rule.lower())
            and fnmatchcase(finding.fingerprint, self.fingerprint)
            and all(fnmatchcase(c.lower(), self.component.lower()) for c in components)
        )


Registered = tuple[str, str, tuple[tuple[str, str], ...]]
"""A registration without its line: section, configuration path, attributes."""

NOT_READ = "not read"
"""What stands for the content of a file that was not read: it equals no other."""


def registered(component: Component) -> frozenset[Registered]:
    """Return what registers a component, and where it is in force, whatever the order and the lines."""
    written = ((r.section, r.scope.lower(), tuple(sorted(r.attributes))) for r in component.registrations)
    in_force = (("", p.scope.lower(), ()) for p in component.presence if p.effective)
    return frozenset((*written, *in_force))


@dataclass(frozen=True, slots=True)
class Trust:
    """A component the operator vouches for, bound to the content of its file, and to its registrations if given."""

    component: str  # pattern of a shell; of a baseline: the id
    sha256: str
    reason: str
    source: str
    twin: str = ""  # SHA-256 of the WOW64 twin, when `registered` is given
    registered: frozenset[Registered] | None = None  # those approved; None: any

    def matches(self, component: Component) -> bool:
        """Tell whether a component with this very file is meant."""
        held = "" if component.binary is None else component.binary.sha256
        return fnmatchcase(component.id.lower(), self.component.lower()) and held == self.sha256

    def lost(self, component: Component) -> str:
        """Return why an approval of a component of this id does not hold any more; empty when it does."""
        held = "" if component.binary is None else component.binary.sha256
        twin = "" if component.twin is None else component.twin.sha256
        if self.sha256 == NOT_READ:
            return "its file was not read when it was approved"
        if held != self.sha256:
            return (
                f"its file is another one: sha256 {self.sha256 or 'none'} was approved"
                if held
                else "its file was not read"
            )
        if twin != self.twin:
            return (
                "its WOW64 twin is another one" if twin and self.twin else "its WOW64 twin was read on one side alone"
            )
        more = sorted(registered(component) - (self.registered or frozenset()))
        if self.registered is None or not more:
            return ""
        section, scope, _ = more[-1]
        place = scope or "the server"
        return f"it is registered at {place} in {section} otherwise" if section else f"it is in force at {place} now"


@dataclass(frozen=True, slots=True)
class Publisher:
    """Whose signature the operator trusts: the organisation, or else the common name, of the signer."""

    name: str
    reason: str
    source: str

    def matches(self, component: Component) -> bool:
        """Tell whether a chain to a trusted root says that this publisher signed the component's very file."""
        examination = None if component.binary is None else component.binary.examination
        signature = None if examination is None else examination.signature
        return signature is not None and signature.is_trusted and signature.publisher.lower() == self.name.lower()


@dataclass(frozen=True, slots=True)
class Settings:
    """What an `iisight.toml` and the command line say together."""

    ignores: tuple[Ignore, ...] = ()
    trusts: tuple[Trust, ...] = ()
    publishers: tuple[Publisher, ...] = ()
    options: Mapping[str, Mapping[str, OptionValue]] = field(default_factory=dict)  # rule id → options
    approved: Mapping[str, Trust] = field(default_factory=dict)  # component id → what a baseline says of it

    def suppression(self, finding: Finding) -> Suppression | None:
        """Return why a finding does not count."""
        ignore = next((i for i in self.ignores if i.matches(finding)), None)
        return None if ignore is None else Suppression(ignore.reason, ignore.source)

    def trusted(self, component: Component) -> Trust | Publisher | None:
        """Return who vouches for a component."""
        approval = self.approved.get(component.id)
        if approval is not None and not approval.lost(component):
            return approval
        vouching: tuple[Trust | Publisher, ...] = (*self.trusts, *self.publishers)
        return next((v for v in vouching if v.matches(component)), None)


def load(path: Path) -> Settings:
    """Read an `iisight.toml`. Raises UsageError that says what is wrong and where."""
    try:
        with path.open("rb") as file:
            raw = file.read(MAX_SIZE + 1)
        if len(raw) > MAX_SIZE:
            raise UsageError(f"{path}: larger than {MAX_SIZE} bytes")
        data = tomllib.loads(raw.decode("utf-8"))
    except OSError as error:
        raise UsageError(f"{path}: {error.strerror}") from error
    except (ValueError, RecursionError) as error:  # of the text, the TOML, a number too long, nesting too deep
        raise UsageError(f"{path}: {error}") from error
    return _settings(data, path.name)


def parse_ignore(text: str) -> Ignore:
    """Return what `--ignore RULE[:COMPONENT]=REASON` says. Raises UsageError."""
    what, sign, reason = text.partition("=")
    if not sign or not reason.strip() or not what.strip():
        raise UsageError(f"--ignore '{text}': expected RULE[:COMPONENT]=REASON, the reason is kept in the report")
    rule, _, component = what.strip().partition(":")
    return Ignore(reason.strip(), "--ignore", rule=rule, component=component or "*")


def _settings(data: Mapping[str, object], source: str) -> Settings:
    known = {*_KEYS, "options"}
    unknown = set(data) - known
    if unknown:
        raise UsageError(f"{source}: unknown table '{min(unknown)}'; known are {', '.join(sorted(known))}")
    ignores = tuple(Ignore(source=f"{source}: ignore {n}", **e) for n, e in _entries(data, "ignore", source))
    trusts = [{"source": f"{source}: trust {n}", **e} for n, e in _entries(data, "trust", source)]
    for entry in trusts:
        if {"component", "sha256"} - set(entry):
            raise UsageError(f"{entry['source']}: needs component and sha256")
        entry["sha256"] = entry["sha256"].lower()
    publishers = [{"source": f"{source}: publisher {n}", **e} for n, e in _entries(data, "publisher", source)]
    if any(not entry.get("name") for entry in publishers):
        raise UsageError(f"{source}: a publisher needs a name")
    return Settings(
        ignores,
        tuple(Trust(t["component"], t["sha256"], t["reason"], t["source"]) for t in trusts),
        tuple(Publisher(**entry) for entry in publishers),
        _options(data, source),
    )


def _entries(data: Mapping[str, object], table: str, source: str) -> list[tuple[int, dict[str, str]]]:
    entries = data.get(table, [])
    if not isinstance(entries, list):
        raise UsageError(f"{source}: write [[{table}]], one table for each entry")
    found = []
    for number, entry in enumerate(entries, 1):
        if not isinstance(entry, dict) or not all(isinstance(v, str) for v in entry.values()):
            raise UsageError(f"{source}: {table} {number}: every value is a string")
        wrong = set(entry) - _KEYS[table]
        if wrong or not entry.get("reason", "").strip():
            expected = ", ".join(sorted(_KEYS[table]))
            problem = f"unknown key '{min(wrong)}'" if wrong else "no reason given"
            raise UsageError(f"{source}: {table} {number}: {problem}; known keys: {expected}")
        found.append((number, entry))
    return found


def _options(data: Mapping[str, object], source: str) -> dict[str, dict[str, OptionValue]]:
    options = data.get("options", {})
    if not isinstance(options, dict) or not all(isinstance(v, dict) for v in options.values()):
        raise UsageError(f"{source}: write [options.IIS101], one table for each rule")
    return {
        rule.upper(): {k: tuple(v) if isinstance(v, list) else v for k, v in table.items()}
        for rule, table in options.items()
    }
