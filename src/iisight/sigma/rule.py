"""A compiled Sigma rule: plain values, read and written as JSON without pySigma.

msgspec's structs, frozen as the dataclasses elsewhere, because a tagged union is what a condition is.
"""

from enum import StrEnum
from typing import TypeAlias

import msgspec

Pattern: TypeAlias = tuple[str | int, ...]  # texts between wildcards, already folded unless `cased`
ANY_RUN, ANY_ONE = 0, 1  # `*` and `?` of a pattern


class _Node(msgspec.Struct, frozen=True, array_like=True):
    pass


class Every(_Node, frozen=True, tag="and"):
    """All parts hold."""

    parts: "tuple[Node, ...]"


class Some(_Node, frozen=True, tag="or"):
    """One part holds."""

    parts: "tuple[Node, ...]"


class Not(_Node, frozen=True, tag="not"):
    """The part does not hold."""

    part: "Node"


class Text(_Node, frozen=True, tag="text"):
    """The whole value is like a pattern; without a field (a keyword), some value of the event has it within."""

    field: str
    pattern: Pattern
    cased: bool = False


class Comparison(StrEnum):
    """How two numbers compare."""

    EQ = "=="
    NEQ = "!="
    LT = "<"
    LTE = "<="
    GT = ">"
    GTE = ">="


class Number(_Node, frozen=True, tag="number"):
    """The value, decimal or `0x…`, compares so with a number."""

    field: str
    operator: Comparison
    number: int | float


class Regex(_Node, frozen=True, tag="re"):
    """An expression of RE2 is found within the value."""

    field: str
    expression: str  # with its flags at its start: `(?i)…`


class Network(_Node, frozen=True, tag="cidr"):
    """The value is an address of a network."""

    field: str
    network: str

    def __post_init__(self) -> None:
        """Raise ValueError for what is no network."""
        from ipaddress import ip_network

        ip_network(self.network)


class Exists(_Node, frozen=True, tag="exists"):
    """The event has a field of that name."""

    field: str


class Empty(_Node, frozen=True, tag="null"):
    """The event has no such field, or one without a value: an event log has no other null."""

    field: str


class SameAs(_Node, frozen=True, tag="fieldref"):
    """The value is like that of another field, which it may start with, end with or, both set, contain."""

    field: str
    other: str
    starts: bool = False
    ends: bool = False


class Part(StrEnum):
    """A part of a time."""

    MINUTE = "minute"
    HOUR = "hour"
    DAY = "day"
    WEEK = "week"  # of the year, ISO 8601
    MONTH = "month"
    YEAR = "year"


class When(_Node, frozen=True, tag="time"):
    """The value is a time whose part is this, in UTC."""

    field: str
    part: Part
    number: int


Node: TypeAlias = Every | Some | Not | Text | Number | Regex | Network | Exists | Empty | SameAs | When


class Binding(msgspec.Struct, frozen=True, omit_defaults=True):
    """Events that a rule is asked about. Empty means any."""

    channel: str = ""
    ids: tuple[int, ...] = ()
    where: tuple[Text, ...] = ()  # what must hold besides, in the event's own names
    mapping: str = ""  # of fields.csv: how the event calls what Sigma names


class Source(msgspec.Struct, frozen=True, omit_defaults=True):
    """A log source as the rule writes it."""

    product: str = ""
    category: str = ""
    service: str = ""


class Note(msgspec.Struct, frozen=True, omit_defaults=True):
    """What a rule of iisight's says of itself, under `iisight:`."""

    id: str  # `IIS3xx`
    confidence: str
    mechanisms: tuple[str, ...] = ()
    message: str = ""  # with `{Field}` where the event's value goes


class _Told(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """What rules and correlations say of themselves alike."""

    uuid: str = ""
    name: str = ""  # what correlations may call it
    file: str = ""
    level: str = ""
    status: str = ""
    description: str = ""
    tags: tuple[str, ...] = ()
    false_positives: tuple[str, ...] = ()
    references: tuple[str, ...] = ()


class CompiledRule(_Told, frozen=True, omit_defaults=True):
    """A rule, ready to be asked."""

    key: str  # what hits call it: its UUID, else its name, else file and number
    title: str
    condition: Node
    bindings: tuple[Binding, ...]
    source: Source = Source()
    note: Note | None = None


class Correlation(_Told, frozen=True, omit_defaults=True):
    """A rule about several hits of other rules."""

    key: str
    title: str
    kind: str  # `event_count`, `value_count`, `temporal`, `temporal_ordered`, `value_sum`, `value_avg`, …
    rules: tuple[str, ...]  # keys of the rules, in the order written
    seconds: int
    operator: Comparison  # of the count or value
    threshold: int | float
    group_by: tuple[str, ...] = ()
    fields: tuple[str, ...] = ()  # whose values count
    percentile: int = 50
    aliases: tuple[tuple[str, str, str], ...] = ()  # (alias, key of the rule, its field)
    generate: bool = False  # whether the rules it is about are reported as well


class NotEvaluated(msgspec.Struct, frozen=True, order=True):
    """A rule that cannot be asked, and why."""

    name: str  # file, with the number of the document when it has several, and the title
    reason: str


class RuleSet(msgspec.Struct, frozen=True):
    """What became of some texts."""

    rules: tuple[CompiledRule, ...] = ()
    correlations: tuple[Correlation, ...] = ()
    not_evaluated: tuple[NotEvaluated, ...] = ()


class Stored(msgspec.Struct, frozen=True):
    """Compiled rules as a file, with the digest of the texts they came from."""

    digest: str
    rules: RuleSet


def encode(stored: Stored) -> bytes:
    """Write compiled rules as JSON."""
    return msgspec.json.encode(stored)


def decode(data: bytes) -> Stored:
    """Read compiled rules from JSON. Raises ValueError for what is none."""
    try:
        return msgspec.json.decode(data, type=Stored)
    except (msgspec.MsgspecError, RecursionError) as error:
        raise ValueError(f"no compiled rules: {error}") from error
