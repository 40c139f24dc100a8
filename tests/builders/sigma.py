"""Sigma rules and events made in code."""

from collections.abc import Mapping
from datetime import UTC, datetime

from iisight.model.event import Event
from iisight.sigma.compile import compile_texts
from iisight.sigma.rule import CompiledRule, RuleSet

SYSMON = "Microsoft-Windows-Sysmon/Operational"
NOON = datetime(2026, 1, 2, 12, 30, 15, tzinfo=UTC)


def event(
    fields: Mapping[str, str],
    *,
    channel: str = SYSMON,
    number: int = 1,
    time: datetime | None = NOON,
    computer: str = "WEB01",
) -> Event:
    """Return an event, one of Sysmon's process starts when nothing else is said."""
    provider = channel.partition("/")[0]
    return Event(provider, channel, number, time, computer=computer, fields=dict(fields))


def rule_text(detection: str, logsource: str = "{product: windows, category: process_creation}", **more: str) -> str:
    """Return the YAML of a rule; `detection` is what stands below that key."""
    lines = detection.strip("\n").splitlines()
    head = "".join(f"{key}: {value}\n" for key, value in {"title": "T", **more}.items())
    return f"{head}logsource: {logsource}\ndetection:\n" + "".join(f"  {line}\n" for line in lines)


def compiled(detection: str, **more: str) -> CompiledRule:
    """Return a compiled rule; fails where it is not evaluated."""
    (rule,) = ruleset(rule_text(detection, **more)).rules
    return rule


def ruleset(*texts: str) -> RuleSet:
    """Compile texts under the names `0.yml`, `1.yml`, …."""
    return compile_texts((f"{number}.yml", text) for number, text in enumerate(texts))
