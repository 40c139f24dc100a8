"""What a rule says of itself; the same for every host."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from iisight.model.finding import Confidence, Severity

OptionValue = str | int | bool | tuple[str, ...]


@dataclass(frozen=True, slots=True)
class RuleInfo:
    """Static knowledge of one rule. `severity` and `confidence` are its defaults; a finding may lower or raise them."""

    id: str  # `IIS101`: 1xx configuration, 2xx binaries, 3xx events, 4xx web logs, 5xx correlation, 9xx hardening
    title: str  # the bad thing, as a noun phrase
    severity: Severity
    confidence: Confidence
    mechanisms: tuple[str, ...]  # `L-01`; empty when it is about no single mechanism
    attack: tuple[str, ...] = ("T1505.004",)
    options: Mapping[str, OptionValue] = field(default_factory=dict)
