"""Sigma rules: text to compiled rules, through pySigma.

This is the one file that knows pySigma (LGPL-2.1, behind the extra `sigma`). What cannot be evaluated is returned with
the reason: nothing is dropped.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeVar

from iisight.model.errors import UsageError
from iisight.model.need import folded
from iisight.sigma.documents import Document, NotSigmaError, read_documents
from iisight.sigma.rule import (
    ANY_ONE,
    ANY_RUN,
    Comparison,
    CompiledRule,
    Correlation,
    Empty,
    Every,
    Exists,
    Network,
    Node,
    Not,
    Note,
    NotEvaluated,
    Number,
    Part,
    Pattern,
    Regex,
    RuleSet,
    SameAs,
    Some,
    Source,
    Text,
    When,
)
from iisight.sigma.sources import bindings_of
from iisight.sigma.tables import table
from iisight.sigma.values import expression_of

if TYPE_CHECKING:
    from sigma.correlations import SigmaCorrelationRule
    from sigma.filters import SigmaFilter
    from sigma.rule import SigmaRule, SigmaRuleBase
    from sigma.types import SigmaString, SigmaType

MAX_CONDITION = 8_192  # characters
MAX_PARENTHESES = 100
MAX_WORK = 2_000_000  # words of the condition times pieces of the rule: what a condition can multiply out to
MAX_SECONDS = 100 * 365 * 86_400  # of a correlation: more than logs cover
NEEDS_EXTRA = "Sigma rules need pySigma: install iisight[sigma]"

_OWN = "iisight"
_R = TypeVar("_R", CompiledRule, Correlation)


class CannotEvaluateError(ValueError):
    """A rule asks for something that is not evaluated; the message says what."""


@dataclass(slots=True)
class _Batch:
    """What became of the texts so far."""

    rules: list[tuple[str, "SigmaRule"]] = field(default_factory=list)
    correlations: list[tuple[str, "SigmaCorrelationRule"]] = field(default_factory=list)
    filters: list["SigmaFilter"] = field(default_factory=list)
    failed: list[NotEvaluated] = field(default_factory=list)


def compile_texts(texts: Iterable[tuple[str, str]]) -> RuleSet:
    """Compile (name, YAML) pairs together, so that correlations and filters reach rules of other files.

    Raises UsageError when the extra is not installed.
    """
    _require()
    batch = _Batch()
    for name, text in texts:
        _read(batch, name, text)
    rules = _unique(_compiled_rules(batch), batch.failed)
    correlations = _unique(_compiled_correlations(batch, rules), batch.failed)
    return RuleSet(tuple(rules), tuple(correlations), tuple(batch.failed))


def _require() -> None:
    try:
        import sigma.rule  # noqa: F401
    except ImportError as error:
        raise UsageError(NEEDS_EXTRA) from error


def _read(batch: _Batch, name: str, text: str) -> None:
    try:
        documents = list(read_documents(text))
    except NotSigmaError as error:
        batch.failed.append(NotEvaluated(name, str(error)))
        return
    for number, document in documents:
        file = name if len(documents) == 1 else f"{name}#{number}"
        if isinstance(document, NotSigmaError):
            batch.failed.append(NotEvaluated(file, str(document)))
            continue
        try:
            _parse(batch, file, document)
        except _pysigma_errors() as error:
            batch.failed.append(NotEvaluated(_named(file, document), _told(error)))


def _pysigma_errors() -> tuple[type[Exception], ...]:
    """Return what comes out of pySigma for text that is no rule: its errors, and those of a wrong type."""
    from sigma.exceptions import SigmaError

    return SigmaError, CannotEvaluateError, AttributeError, KeyError, TypeError, ValueError, RecursionError


def _told(error: Exception) -> str:
    text = " ".join(str(error).split())[:300]
    return text if type(error).__module__.startswith(("sigma", "iisight")) else f"it is no Sigma rule: {text}"


def _named(file: str, document: Document) -> str:
    title = document.get("title")
    return f"{file}: {title[:120]}" if isinstance(title, str) else file


def _parse(batch: _Batch, file: str, document: Document) -> None:
    from sigma.correlations import SigmaCorrelationRule
    from sigma.filters import SigmaFilter
    from sigma.rule import SigmaRule
    from sigma.rule.base import check_alias_expansion
    from sigma.rule.logsource import EmptyLogSource

    check_alias_expansion(document)  # before anything walks it
    name = _named(file, document)
    if "correlation" in document:
        batch.correlations.append((name, SigmaCorrelationRule.from_dict(document)))
    elif "filter" in document:
        batch.filters.append(SigmaFilter.from_dict(document))
    else:
        _check_work(document)
        rule = SigmaRule.from_dict(document, collect_errors=True)  # a wrong date or tag is no reason not to evaluate
        if not rule.detection.detections or isinstance(rule.logsource, EmptyLogSource):
            raise next(
                filter(_is_about_evaluation, rule.errors), CannotEvaluateError("it has no detection or log source")
            )
        batch.rules.append((name, rule))


def _is_about_evaluation(error: Exception) -> bool:
    """Tell an error of the detection or the log source from one of what is only told of a rule, such as its title."""
    from sigma import exceptions as e

    told: tuple[type[Exception], ...] = (e.SigmaTitleError, e.SigmaIdentifierError, e.SigmaNameError, e.SigmaLevelError)
    told += (e.SigmaStatusError, e.SigmaDateError, e.SigmaModifiedError, e.SigmaDescriptionError)
    told += (e.SigmaReferencesError, e.SigmaAuthorError)
    return not isinstance(error, told)


def _check_work(document: Document) -> None:
    """Raise CannotEvaluateError where a condition could multiply a rule out to more than can be held."""
    detection = document.get("detection")
    written = detection.get("condition") if isinstance(detection, dict) else None
    condition = " ".join(map(str, written)) if isinstance(written, list) else str(written)
    words = len(condition.split())
    if len(condition) > MAX_CONDITION or condition.count("(") > MAX_PARENTHESES:
        raise CannotEvaluateError("its condition is too long")
    if words * _pieces(detection) > MAX_WORK:
        raise CannotEvaluateError("it is too large")


def _pieces(value: object) -> int:
    children = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return 1 + sum(map(_pieces, children))


def _compiled_rules(batch: _Batch) -> Iterator[CompiledRule]:
    for name, rule in batch.rules:
        try:
            for each in batch.filters:
                rule = each.apply_on_rule(rule)  # type: ignore[assignment]  # noqa: PLW2901
            yield _compiled(name, rule)
        except _pysigma_errors() as error:
            batch.failed.append(NotEvaluated(name, _told(error)))


def _unique(rules: Iterable[_R], failed: list[NotEvaluated]) -> list[_R]:
    found: dict[str, _R] = {}
    for rule in rules:
        if rule.key in found:
            first = found[rule.key]
            failed.append(NotEvaluated(f"{rule.file}: {rule.title}", f"id {rule.key} is taken by {first.file}"))
        else:
            found[rule.key] = rule
    return list(found.values())


def _compiled(file: str, rule: "SigmaRule") -> CompiledRule:
    source = Source(rule.logsource.product or "", rule.logsource.category or "", rule.logsource.service or "")
    bindings = bindings_of(source)
    if isinstance(bindings, str):
        raise CannotEvaluateError(bindings)
    conditions = tuple(_node(condition.parsed) for condition in rule.detection.parsed_condition)
    return CompiledRule(
        **_common(file, rule),
        condition=conditions[0] if len(conditions) == 1 else Some(conditions),
        bindings=bindings,
        source=source,
        note=_note(rule.custom_attributes.get(_OWN)),
    )


def _common(file: str, rule: "SigmaRuleBase") -> dict[str, Any]:
    """Return what rules and correlations say alike; what is of a wrong type is left out."""
    uuid = str(rule.id) if rule.id else ""
    where, _, title = file.partition(": ")
    return {
        "key": uuid or rule.name or where,
        "title": str(rule.title or title or where),
        "uuid": uuid,
        "name": rule.name if isinstance(rule.name, str) else "",
        "file": where,
        "level": _lower_name(rule.level),
        "status": _lower_name(rule.status),
        "description": str(rule.description or ""),
        "tags": tuple(str(tag) for tag in _list(rule.tags)),
        "false_positives": tuple(str(text) for text in _list(rule.falsepositives)),
        "references": tuple(str(text) for text in _list(rule.references)),
    }


def _lower_name(member: object) -> str:
    name = getattr(member, "name", "")
    return name.lower() if isinstance(name, str) else ""


def _list(value: object) -> list[object]:
    return value if isinstance(value, list) else [] if value is None else [value]


def _note(written: object) -> Note | None:
    """Return what a rule of iisight's says of itself. Raises CannotEvaluateError where it says too little."""
    if written is None:
        return None
    if not isinstance(written, dict) or not {"id", "confidence"} <= written.keys():
        raise CannotEvaluateError("`iisight:` must give id and confidence")
    return Note(
        id=str(written["id"]),
        confidence=str(written["confidence"]),
        mechanisms=tuple(map(str, _list(written.get("mechanisms")))),
        message=" ".join(str(written.get("message", "")).split()),
    )


def _node(item: object) -> Node:
    """Return the node of a part of pySigma's condition tree."""
    from sigma.conditions import (
        ConditionAND,
        ConditionFieldEqualsValueExpression,
        ConditionNOT,
        ConditionOR,
        ConditionValueExpression,
    )

    if isinstance(item, ConditionFieldEqualsValueExpression):
        return _test(item.field, item.value)
    if isinstance(item, ConditionValueExpression):
        return _test("", item.value)
    if isinstance(item, ConditionAND | ConditionOR):
        parts = tuple(_node(part) for part in item.args)
        return Every(parts) if isinstance(item, ConditionAND) else Some(parts)
    if isinstance(item, ConditionNOT) and len(item.args) == 1:
        return Not(_node(item.args[0]))
    raise CannotEvaluateError("its condition is empty")


def _test(name: str, value: "SigmaType") -> Node:
    """Return the node of a field, or of none for a keyword, and a value."""
    from sigma.types import SigmaExpansion

    for row in table("absent"):
        if row["field"].lower() == name.lower():
            raise CannotEvaluateError(f"field {name}: {row['why']}")
    if isinstance(value, SigmaExpansion):
        return Some(tuple(_test(name, each) for each in value.values))
    for kind, convert in _converters().items():
        if isinstance(value, kind):
            return convert(name, value)
    raise CannotEvaluateError(f"values of the type {type(value).__name__} are not evaluated")


def _converters() -> dict[type, Callable[[str, Any], Node]]:
    """Return what makes a node of each type of value; a type stands before those it derives from."""
    from sigma import types as t

    return {
        t.SigmaCasedString: _cased,
        t.SigmaString: _text,
        t.SigmaTimestampPart: _when,
        t.SigmaNumber: _number,
        t.SigmaBool: lambda name, value: Text(name, (str(value).lower(),)),
        t.SigmaNull: lambda name, _: Empty(name),
        t.SigmaExists: lambda name, value: Exists(name) if value.exists else Not(Exists(name)),
        t.SigmaRegularExpression: _regex,
        t.SigmaCIDRExpression: lambda name, value: Network(name, str(value.network)),
        t.SigmaCompareExpression: _compared,
        t.SigmaFieldReference: lambda name, value: SameAs(name, value.field, value.starts_with, value.ends_with),
    }


def _text(name: str, value: "SigmaString") -> Node:
    pattern = tuple(folded(part) if isinstance(part, str) else part for part in _pattern(value))
    return Text(name, pattern if name else _within(pattern))


def _cased(name: str, value: "SigmaString") -> Node:
    pattern = _pattern(value)
    return Text(name, pattern if name else _within(pattern), cased=True)


def _pattern(value: "SigmaString") -> Pattern:
    from sigma.types import Placeholder, SpecialChars

    parts: list[str | int] = []
    for part in value.s:
        if isinstance(part, Placeholder):
            raise CannotEvaluateError(f"placeholder %{part.name}% has no value here")
        if isinstance(part, str):
            parts.append(part)
        else:
            parts.append(ANY_RUN if part is SpecialChars.WILDCARD_MULTI else ANY_ONE)
    return tuple(parts)


def _within(pattern: Pattern) -> Pattern:
    """Return the pattern of a keyword: it may stand anywhere in a value."""
    before = () if pattern[:1] == (ANY_RUN,) else (ANY_RUN,)
    after = () if pattern[-1:] == (ANY_RUN,) else (ANY_RUN,)
    return (*before, *pattern, *after)


def _number(name: str, value: Any) -> Node:
    return Number(name, Comparison.EQ, value.number) if name else Text("", (ANY_RUN, str(value.number), ANY_RUN))


def _compared(name: str, value: Any) -> Node:
    if value.op.name == "NEQ":
        return Not(Number(name, Comparison.EQ, value.number.number))
    return Number(name, Comparison[value.op.name], value.number.number)


def _when(name: str, value: Any) -> Node:
    return When(name, Part(value.timestamp_part.name.lower()), int(value.number))


def _regex(name: str, value: Any) -> Node:
    if value.contains_placeholder():
        raise CannotEvaluateError("placeholders have no value here")
    flags = "".join(sorted(value.sigma_to_re_flag[flag] for flag in value.flags))
    expression = f"(?{flags}){value.regexp}" if flags else str(value.regexp)
    expression_of(expression)  # raises for what RE2 does not take within the memory it is given later
    return Regex(name, expression)


def _compiled_correlations(batch: _Batch, rules: Iterable[CompiledRule]) -> Iterator[Correlation]:
    """Yield the correlations whose rules are there; one may be about another."""
    keys = {key: rule.key for rule in rules for key in (rule.name, rule.uuid, rule.key) if key}
    keys |= {name: str(c.id or name) for _, c in batch.correlations for name in (c.name, str(c.id)) if name and c.id}
    keys |= {c.name: c.name for _, c in batch.correlations if c.name and not c.id}
    for name, correlation in batch.correlations:
        try:
            yield _correlation(name, correlation, keys)
        except _pysigma_errors() as error:
            batch.failed.append(NotEvaluated(name, _told(error)))


def _correlation(file: str, rule: "SigmaCorrelationRule", keys: dict[str, str]) -> Correlation:
    from sigma.correlations import SigmaCorrelationCondition

    if not isinstance(rule.condition, SigmaCorrelationCondition):
        raise CannotEvaluateError("conditions that name rules are not evaluated")
    referenced = [reference.reference for reference in rule.rules or ()]
    aliases = [(alias.alias, ref.reference, name) for alias in rule.aliases for ref, name in alias.mapping.items()]
    for reference in (*referenced, *(reference for _, reference, _ in aliases)):
        if reference not in keys:
            raise CannotEvaluateError(f"it is about the rule '{reference}', which is not there or not evaluated")
    return Correlation(
        **_common(file, rule),
        kind=rule.type.name.lower(),
        rules=tuple(keys[reference] for reference in referenced),
        seconds=min(rule.timespan.seconds, MAX_SECONDS),
        operator=Comparison[rule.condition.op.name],
        threshold=rule.condition.count,
        group_by=tuple(rule.group_by or ()),
        fields=tuple(map(str, _list(rule.condition.fieldref))),
        percentile=rule.condition.percentile or 50,
        aliases=tuple((alias, keys[reference], name) for alias, reference, name in aliases),
        generate=rule.generate,
    )
