"""Which of very many changed files are looked at first, so that a storm of files that nobody loads hides none."""

from collections.abc import Iterator, Mapping

from iisight.evidence import paths
from iisight.evidence.source import File
from iisight.watch.narrow import MAX_PATHS

_LOADED = frozenset({".config", ".dll", ".exe", ".asax"})


def in_turn(changed: Mapping[str, File | None]) -> Iterator[dict[str, File | None]]:
    """Yield changed files in the order in which to look at them: all at once, or what may be loaded before the rest."""
    loaded = {path: file for path, file in changed.items() if paths.extension(path).lower() in _LOADED}
    if len(changed) <= MAX_PATHS or not 0 < len(loaded) <= MAX_PATHS:
        yield dict(changed)
    else:
        yield loaded
        yield {path: file for path, file in changed.items() if path not in loaded}
