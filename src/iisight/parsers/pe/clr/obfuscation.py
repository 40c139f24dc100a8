"""Traces that obfuscators leave in an assembly."""

from collections.abc import Iterator
from itertools import islice

from iisight.parsers.pe.clr import schema
from iisight.parsers.pe.clr.il import Bodies
from iisight.parsers.pe.clr.metadata import Metadata
from iisight.parsers.pe.clr.names import Names
from iisight.parsers.pe.clr.tables import rows

MAX_NAMES = 20_000  # of types and of methods, looked at

_STREAMS = frozenset(("#~", "#Strings", "#US", "#GUID", "#Blob", "#Pdb"))  # #Pdb: portable symbols
_FEW = 16  # names that are too few to judge by


def traces(names: Names, bodies: Bodies | None = None) -> tuple[str, ...]:
    """Return what speaks for an obfuscator, in words."""
    found = (*_left_types(names), *_odd_names(names), *_odd_layout(names.metadata))
    if bodies is None or not _is_most(len(bodies.missing), len(bodies.missing) + len(bodies.by_method)):
        return found
    return (*found, "most methods have no IL where it should be")


def _left_types(names: Names) -> list[str]:
    """Return types that protectors add, defined or referred to."""
    products = {row["type"]: row["product"] for row in rows("obfuscators")}
    found = names.called(products, (schema.TYPE_DEF, schema.TYPE_REF)).values()
    return [f"{name} ({products[name]})" for name in sorted(set(found))]


def _odd_names(names: Names) -> Iterator[str]:
    """Yield what most names of types and methods have that nobody would give them."""
    metadata = names.metadata
    types = [name for name in names.plain(schema.TYPE_DEF) if not name.startswith("<")]
    if not metadata.strings.is_plain:
        methods = islice(metadata.rows(schema.METHOD_DEF), MAX_NAMES)
        every = types[:MAX_NAMES] + [metadata.strings.read(row[3]) for row in methods]
        if _is_most(sum(map(_is_untypeable, every)), len(every)):
            yield "most names cannot be typed"
    if _is_most(sum(len(name.partition("`")[0]) <= 2 for name in types), len(types)):
        yield "most types have names of one or two letters"


def _odd_layout(metadata: Metadata) -> Iterator[str]:
    """Yield what compilers do not write: further streams, extra data, several modules in one."""
    yield from (f"stream {name!r}" for name in dict.fromkeys(metadata.streams) if name not in _STREAMS)
    yield from (f"stream {name!r} twice" for name in sorted(_STREAMS) if metadata.streams.count(name) > 1)
    if metadata.has_extra:
        yield "extra data in the tables' header"
    if metadata.count(schema.MODULE) > 1 or metadata.count(schema.ASSEMBLY) > 1:
        yield "several rows of Module or Assembly"


def _is_untypeable(name: str) -> bool:
    """Tell names of control, format, private or no characters; U+FFFD stands for bytes that are no UTF-8."""
    return not name.isprintable() or "\ufffd" in name


def _is_most(part: int, whole: int) -> bool:
    return part >= _FEW and 2 * part > whole
