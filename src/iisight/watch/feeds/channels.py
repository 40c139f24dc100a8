"""Which channels of a computer hold what is read: those of the sources that are interpreted, and of rules."""

from collections.abc import Iterable, Iterator, Sequence
from functools import cache

from iisight import tables
from iisight.telemetry.interpret import Source, sources

_DIRECT = ("/analytic", "/debug")  # nobody can subscribe to those: "EvtSubscribe", Remarks


def wanted_channels(there: Sequence[str], more: Iterable[str] = ()) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the channels, of those that are there, that are of use, and the providers that have none."""
    names = {name.lower(): name for name in there if not name.lower().endswith(_DIRECT)}
    chosen = {channel.lower() for channel in more} & set(names)
    missing: set[str] = set()
    for source in sources():
        found = {channel for name in _names(source) for channel in _channels_of(name, names)}
        chosen |= found
        if not found and not any("" in _classic().get(name, ()) for name in _names(source)):
            missing.add(min(_names(source)))
    return tuple(sorted(names[channel] for channel in chosen)), tuple(sorted(missing))


def _names(source: Source) -> frozenset[str]:
    return frozenset(name for name, _ in source.reads)


def _channels_of(name: str, there: Iterable[str]) -> Iterator[str]:
    """Yield the channels of a provider: where it is known to log, else those that begin with its name."""
    classic = _classic().get(name)
    if classic is not None:
        yield from classic & set(there)
        return
    yield from (channel for channel in there if channel == name or channel.startswith(f"{name}/"))


@cache
def _classic() -> dict[str, frozenset[str]]:
    found: dict[str, frozenset[str]] = {}
    for provider, channel in tables.cells("iisight.watch.feeds", "classic_channels"):
        found[provider] = found.get(provider, frozenset()) | {channel.lower()}
    return found
