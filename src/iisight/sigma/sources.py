"""Log sources of Sigma, bound to channels and event ids of Windows."""

from iisight.model.need import folded
from iisight.sigma.rule import ANY_ONE, ANY_RUN, Binding, Pattern, Source, Text
from iisight.sigma.tables import table

_WILDCARDS = {"*": ANY_RUN, "?": ANY_ONE}


def bindings_of(source: Source) -> tuple[Binding, ...] | str:
    """Return what records a log source, or why no event log does; a source nobody knows is asked of every event."""
    if source.product not in {"", "windows"}:
        return f"log source {source.product} is not Windows"
    for row in table("unrecorded"):
        if row["category"] == source.category:
            return f"log source {source.category}: {row['why']}"
    channels = channels_of(source.service)
    found = tuple(binding for binding in _of_category(source.category) if not channels or binding.channel in channels)
    if found:
        return found
    return tuple(Binding(channel) for channel in channels) or (Binding(),)


def channels_of(service: str) -> tuple[str, ...]:
    """Return the channels of a Sigma service, none for one nobody knows."""
    return tuple(row["channel"] for row in table("services") if row["service"] == service)


def pattern_of(text: str) -> Pattern:
    """Return the pattern of a text of the tables, where `*` and `?` are wildcards and nothing is escaped."""
    parts: list[str | int] = []
    for char in folded(text):
        wildcard = _WILDCARDS.get(char)
        if wildcard is not None:
            parts.append(wildcard)
        elif parts and isinstance(parts[-1], str):
            parts[-1] += char
        else:
            parts.append(char)
    return tuple(parts)


def _of_category(category: str) -> tuple[Binding, ...]:
    return tuple(
        Binding(channel, tuple(map(int, row["ids"].split())), _where(row["where"]), row["mapping"])
        for row in table("categories")
        if row["category"] == category and category
        for channel in channels_of(row["service"])
    )


def _where(text: str) -> tuple[Text, ...]:
    pairs = (pair.partition("=") for pair in text.split(";") if pair)
    return tuple(Text(field, pattern_of(value)) for field, _, value in pairs)
