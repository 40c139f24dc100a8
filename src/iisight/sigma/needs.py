"""What must stand in a piece of a log for a rule to be met there.

Only what a record stores as text is asked for. A text that a number, a GUID, a SID, a time, a truth value or bytes
could be written with may be stored in binary, so it is asked for nowhere.
"""

import re
from collections.abc import Iterable

from iisight.model.need import ALWAYS, Need, either, every, literal
from iisight.sigma.expressions import texts_of
from iisight.sigma.fields import native_of
from iisight.sigma.rule import Binding, CompiledRule, Every, Node, Regex, Some, Text

# `0x1f`, `{GUID}`, `S-1-5-18`, `2026-01-02T03:04:05Z`, `1.5e+10`, hexadecimal bytes, and pieces of them
_BINARY = re.compile(r"\s*s?(?:[-+0-9a-fx{}:.\s]|(?<=\d)[tz]|t(?=\d|\Z))*|z|utc")
_HEAD = frozenset({"Provider_Name", "Channel", "Computer"})  # text in every record
_WORDS = ("true", "false", "infinity", "nan(ind)")  # as truth values and fractions are written


def need_of(rule: CompiledRule) -> Need:
    """Return a condition on the text of a piece of a log without which the rule is not met there."""
    return either(_bound(rule.condition, binding) for binding in dict.fromkeys(rule.bindings))


def _bound(condition: Node, binding: Binding) -> Need:
    channel = literal(binding.channel) if binding.channel else ALWAYS
    return every([channel, *(_need(test, "") for test in binding.where), _need(condition, binding.mapping)])


def _need(node: Node, mapping: str) -> Need:
    if isinstance(node, Every):
        return every(_need(part, mapping) for part in node.parts)
    if isinstance(node, Some):
        return either(_need(part, mapping) for part in node.parts)
    if isinstance(node, Text) and _is_recorded(node.field, mapping):
        return _stored(part for part in node.pattern if isinstance(part, str))
    if isinstance(node, Regex) and _is_recorded(node.field, mapping):
        return _stored(texts_of(node.expression))
    return ALWAYS


def _is_recorded(field: str, mapping: str) -> bool:
    """Tell whether records hold the text that a rule compares: of a keyword, a field of theirs, a name in the head."""
    return not field or field in _HEAD or native_of(field, mapping) is not None


def _stored(texts: Iterable[str]) -> Need:
    return every(literal(text) for text in texts if not _may_be_binary(text))


def _may_be_binary(text: str) -> bool:
    lower = text.lower()
    return _BINARY.fullmatch(lower) is not None or any(lower in word for word in _WORDS)
