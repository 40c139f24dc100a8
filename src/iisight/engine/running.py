"""Run one rule: its options checked, its failures caught, its findings marked."""

import hashlib
from collections.abc import Iterable
from dataclasses import replace

from iisight.engine.registry import Rule
from iisight.engine.settings import Settings
from iisight.inventory.steps import guarded
from iisight.model.coverage import Gap
from iisight.model.errors import UsageError
from iisight.model.finding import Finding
from iisight.model.rule import OptionValue


def options_of(rule: Rule, settings: Settings) -> dict[str, OptionValue]:
    """Return a rule's options with those of the settings. Raises UsageError for one it does not have."""
    given = settings.options.get(rule.info.id, {})
    unknown = set(given) - set(rule.info.options)
    if unknown:
        known = ", ".join(sorted(rule.info.options)) or "none"
        raise UsageError(f"rule {rule.info.id} has no option '{min(unknown)}'; its options: {known}")
    for name, value in given.items():
        wanted = rule.info.options[name]
        if type(value) is not type(wanted):
            expected = "a list of strings" if isinstance(wanted, tuple) else f"a value like {wanted!r}"
            raise UsageError(f"rule {rule.info.id}, option '{name}': expected {expected}, found {value!r}")
    return {**rule.info.options, **given}


def run(rule: Rule, subject: object, settings: Settings, gaps: list[Gap]) -> list[Finding]:
    """Run one rule on what its shape asks for; one that fails costs its own findings and is named in the coverage."""
    options = options_of(rule, settings)
    return guarded(rule.info.id, gaps, lambda: rule.check(subject, options))


def marked(findings: Iterable[Finding], settings: Settings) -> list[Finding]:
    """Return findings with fingerprint and suppression, the gravest first."""
    done = [mark(finding, settings) for finding in findings]
    return sorted(done, key=lambda f: (-f.severity.rank, f.rule, f.evidence, f.message))


def mark(finding: Finding, settings: Settings) -> Finding:
    """Return a finding with its fingerprint, and why it does not count if it does not."""
    printed = replace(finding, fingerprint=_fingerprint(finding))
    return replace(printed, suppressed=settings.suppression(printed))


def _fingerprint(finding: Finding) -> str:
    """Return an id that stays when lines move: rule, components, scope, message and files."""
    files = sorted({e.locator.path.lower() for e in finding.evidence})
    parts = (finding.rule, *sorted(finding.components), finding.scope, finding.message, *files)
    return hashlib.sha256("\0".join(parts).encode("utf-8", "surrogatepass")).hexdigest()[:16]
