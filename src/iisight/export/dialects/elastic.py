"""Lucene and EQL of Elasticsearch, over event logs in the Elastic Common Schema, as Winlogbeat writes them."""

from typing import TYPE_CHECKING, Any

from iisight.export.binding import Names
from iisight.export.conversion import BackEnd, Dialect

if TYPE_CHECKING:
    from sigma.conditions import ConditionFieldEqualsValueExpression
    from sigma.conversion.state import ConversionState

_ANY = "any where "
_SPLIT = "is two fields in the Elastic Common Schema, user.domain and user.name"
_NAMES = Names(
    keeps=frozenset({"security-4688"}),  # both logs of process starts have the same names there
    lacks={
        **dict.fromkeys(("user", "parentuser", "sourceuser", "targetuser"), _SPLIT),
        "parentprocessname": "is the name of the program alone in the Elastic Common Schema",
    },
    switches=frozenset({"initiated"}),
)


def dialect() -> Dialect:
    """Return what is said of Lucene's syntax: case counts in fields that are keywords."""
    return Dialect(
        name="elastic",
        suffix="lucene",
        back_end=_lucene,
        join=lambda queries, _: queries[0] if len(queries) == 1 else " OR ".join(f"({query})" for query in queries),
        names=_NAMES,
        keywords=True,
        words=frozenset({"AND", "OR", "NOT", "TO"}),
        one_character=True,
        compares=True,
    )


def eql() -> Dialect:
    """Return what is said of EQL: it compares without case."""
    return Dialect(
        name="eql",
        suffix="eql",
        back_end=_eql,
        join=_join_eql,
        names=_NAMES,
        unwritable="*?",
        one_character=True,
        compares=True,
    )


def _join_eql(queries: list[str], _fields: frozenset[str]) -> str:
    parts = [query.removeprefix(_ANY) for query in queries]
    return _ANY + (parts[0] if len(parts) == 1 else " or ".join(f"({part})" for part in parts))


def _lucene() -> BackEnd:
    from sigma.backends.elasticsearch import LuceneBackend
    from sigma.pipelines.elasticsearch.windows import ecs_windows

    back_end: BackEnd = LuceneBackend(_without_channels(ecs_windows()))
    return back_end


def _eql() -> BackEnd:
    from sigma.backends.elasticsearch import EqlBackend
    from sigma.pipelines.elasticsearch.windows import ecs_windows

    class NumberedEql(EqlBackend):  # type: ignore[misc]  # of a package without types
        """The back end, with numbers compared by `==`: `:` is for texts."""

        def convert_condition_field_eq_val_num(
            self, cond: "ConditionFieldEqualsValueExpression", _state: "ConversionState"
        ) -> str:
            return f"{self.escape_and_quote_field(cond.field)} == {cond.value}"

        convert_or_as_in = False  # `like~` takes texts alone

    back_end: BackEnd = NumberedEql(_without_channels(ecs_windows()))
    return back_end


def _without_channels(pipeline: Any) -> Any:
    """Return the pipeline without its conditions on channels: the rule has them already."""
    pipeline.items = [item for item in pipeline.items if "Condition" not in type(item.transformation).__name__]
    return pipeline
