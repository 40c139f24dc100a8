"""KQL of Microsoft Sentinel, over the table WindowsEvent, which keeps an event's own fields."""

from iisight.export.binding import Names
from iisight.export.conversion import BackEnd, Dialect

TABLE = "WindowsEvent"
_COLUMNS = frozenset({"Channel", "Computer", "EventID", "Provider"})


def dialect() -> Dialect:
    """Return what is said of KQL: fields of the event are texts, and a missing one is empty."""
    return Dialect(
        name="kusto",
        suffix="kql",
        back_end=_back_end,
        join=_join,
        names=Names(provider="Provider", texts_only=True),
        inner_wildcards=False,
        exists=False,
    )


def _join(queries: list[str], fields: frozenset[str]) -> str:
    asked = sorted(fields - _COLUMNS)
    extend = ", ".join(f"{field} = tostring(EventData.{field})" for field in asked)
    where = queries[0] if len(queries) == 1 else " or ".join(f"({query})" for query in queries)
    return "\n| ".join([TABLE, *([f"extend {extend}"] if extend else []), f"where {where}"])


def _back_end() -> BackEnd:
    from sigma.backends.kusto import KustoBackend

    class PlainKusto(KustoBackend):  # type: ignore[misc]  # of a package without types
        """The back end without lists: `has_all` asks for words, and `in~` for texts where a column is a number."""

        convert_or_as_in = False
        convert_and_as_in = False

    back_end: BackEnd = PlainKusto()
    return back_end
