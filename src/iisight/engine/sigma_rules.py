"""Sigma rules as rules of iisight: those shipped in `rules/events/*.yml`, and the user's."""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import cache
from importlib import resources

from iisight.engine.telling import sentence
from iisight.model.activity import Activity
from iisight.model.finding import Confidence, Finding, Severity
from iisight.model.rule import OptionValue, RuleInfo
from iisight.rules._events import event_finding
from iisight.sigma.load import load_shipped
from iisight.sigma.rule import CompiledRule, Correlation

GROUP = "events"
Check = Callable[[Activity, Mapping[str, OptionValue]], Iterable[Finding]]

MAX_VALUE = 200  # characters of a field that a message shows
_LEVELS = {"informational": Severity.INFO, "": Severity.MEDIUM}
_UNTRIED = frozenset({"experimental", "unsupported", "deprecated", ""})
_SHOWN = ("CommandLine", "Image", "NewProcessName", "TargetFilename", "ImageLoaded", "TargetObject", "Configuration")
_FIELD = re.compile(r"\{(\w+)\}")
_TECHNIQUE = re.compile(r"attack\.(t\d{4}(?:\.\d{3})?)", re.IGNORECASE)


@cache
def shipped() -> tuple[CompiledRule, ...]:
    """Return the compiled rules of the package."""
    return load_shipped(resources.files("iisight").joinpath("rules", GROUP))


def sigma_rules() -> Iterator[tuple[RuleInfo, str, Check]]:
    """Yield (what it says of itself, name, check) of every shipped rule."""
    for compiled in shipped():
        name = compiled.file.rpartition("/")[2].removesuffix(".yml")
        yield info_of(compiled), name, check_of(compiled)


def info_of(compiled: CompiledRule | Correlation) -> RuleInfo:
    """Return what a Sigma rule says of itself; a rule of the user's is called by its UUID or name."""
    note = compiled.note if isinstance(compiled, CompiledRule) else None
    techniques = (match[1].upper() for tag in compiled.tags if (match := _TECHNIQUE.fullmatch(tag)))
    untried = compiled.status in _UNTRIED
    return RuleInfo(
        id=compiled.key if note is None else note.id,
        title=compiled.title,
        severity=_LEVELS.get(compiled.level) or Severity(compiled.level),
        confidence=Confidence(note.confidence) if note else Confidence.LOW if untried else Confidence.MEDIUM,
        mechanisms=note.mechanisms if note else (),
        attack=tuple(techniques),
    )


def check_of(compiled: CompiledRule) -> Check:
    """Return what makes findings of the activities that meet a rule's condition."""
    info = info_of(compiled)

    def check(activity: Activity, _options: Mapping[str, OptionValue]) -> Iterable[Finding]:
        if compiled.key in activity.sigma:
            yield event_finding(info, activity, message_of(compiled, activity))

    return check


def message_of(compiled: CompiledRule, activity: Activity) -> str:
    """Return the rule's own sentence with the event's values, or its title with what the event shows."""
    if compiled.note is not None and compiled.note.message:
        return _FIELD.sub(lambda match: _clipped(activity.event.get(match[1])), compiled.note.message)
    if activity.actions:
        return f"{compiled.title}: {sentence(activity)}"
    shown = next((f"{name} {_clipped(v)}" for name in _SHOWN if (v := activity.event.get(name))), "")
    return f"{compiled.title}: {shown or sentence(activity)}"


def _clipped(text: str) -> str:
    return text if len(text) <= MAX_VALUE else f"{text[:MAX_VALUE]}…"
