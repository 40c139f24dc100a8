"""What checks share: what they say of themselves, and making points."""

from collections.abc import Iterable, Sequence
from dataclasses import replace

from iisight.model.finding import Confidence, Evidence, Severity
from iisight.model.locator import Locator
from iisight.model.posture import Answer, CheckInfo, Input, Point, Subject
from iisight.model.rule import OptionValue

MAX_EVIDENCE = 8


def check_info(  # noqa: PLR0913  keywords of a table
    id: str,  # noqa: A002  as in RuleInfo
    title: str,
    severity: Severity,
    mitigation: str,
    remedy: str,
    *rests_on: Input,
    mechanisms: tuple[str, ...] = (),
    references: tuple[str, ...] = (),
    options: dict[str, OptionValue] | None = None,
) -> CheckInfo:
    """Return what a check says of itself; `references` are ids of `data/references.csv`."""
    return CheckInfo(
        id=id,
        title=title,
        severity=severity,
        confidence=Confidence.HIGH,
        mechanisms=mechanisms,
        attack=("T1505.004", mitigation),
        options=options or {},
        mitigation=mitigation,
        remedy=remedy,
        references=references,
        rests_on=rests_on,
    )


def failed(message: str, *evidence: Locator, subjects: Iterable[Subject] = (), by_default: bool = False) -> Point:
    """Return a point that fails; `by_default`: because nothing says otherwise."""
    return replace(_point(Answer.FAIL, message, evidence, (), subjects), by_default=by_default)


def passed(message: str, *evidence: Locator, subjects: Iterable[Subject] = ()) -> Point:
    """Return a point that passes."""
    return _point(Answer.PASS, message, evidence, (), subjects)


def unknown(message: str, missing: Iterable[str], *evidence: Locator, subjects: Iterable[Subject] = ()) -> Point:
    """Return a point that nobody can tell from this evidence, and what would tell."""
    return _point(Answer.UNKNOWN, message, evidence, tuple(missing), subjects)


def not_applicable(message: str, *evidence: Locator) -> Point:
    """Return a point that says why the question does not arise."""
    return _point(Answer.NOT_APPLICABLE, message, evidence, (), ())


def named(names: Iterable[str], most: int = 4) -> str:
    """Return names with commas, the last of many left out with their number."""
    every = list(dict.fromkeys(names))
    more = f" and {len(every) - most:,} more" if len(every) > most else ""
    return ", ".join(every[:most]) + more


def plural(number: int, noun: str) -> str:
    """Return `1 pool`, `2 pools`."""
    return f"{number:,} {noun}" + ("" if number == 1 else "s")


def _point(
    answer: Answer, message: str, evidence: Sequence[Locator], missing: tuple[str, ...], subjects: Iterable[Subject]
) -> Point:
    shown = tuple(Evidence(place) for place in dict.fromkeys(evidence))[:MAX_EVIDENCE]
    return Point(answer, message, shown, missing, tuple(subjects))
