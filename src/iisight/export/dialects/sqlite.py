"""SQL of SQLite, over a table `logs` with a column a field."""

from iisight.export.binding import Names
from iisight.export.conversion import BackEnd, Dialect

_SELECT = "SELECT * FROM logs WHERE "


def dialect() -> Dialect:
    """Return what is said of SQLite: columns are compared without case in ASCII."""
    return Dialect(
        name="sqlite",
        suffix="sql",
        back_end=_back_end,
        join=_join,
        names=Names(),
        one_character=True,
        compares=True,
    )


def _join(queries: list[str], _fields: frozenset[str]) -> str:
    parts = [query.partition(" WHERE ")[2] for query in queries]
    return _SELECT + (parts[0] if len(parts) == 1 else " OR ".join(f"({part})" for part in parts))


def _back_end() -> BackEnd:
    from sigma.backends.sqlite import sqliteBackend

    back_end: BackEnd = sqliteBackend(collate_nocase=True)
    return back_end
