"""What several commands share: times and processes given as options, and progress on the terminal."""

import argparse
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

from iisight.model.errors import UsageError
from iisight.model.progress import Progress

_QUIET_SECONDS = 1.0


def utc_time(option: str, text: str | None) -> datetime | None:
    """Return the time that was given with an option, UTC unless it says otherwise. Raises UsageError."""
    if text is None:
        return None
    try:
        time = datetime.fromisoformat(text)
        return time.replace(tzinfo=time.tzinfo or UTC).astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise UsageError(f"{option} '{text}': not an ISO 8601 time") from error


def iso_time(option: str, text: str | None) -> str | None:
    """Return the time that was given with an option as ISO 8601 in UTC. Raises UsageError."""
    time = utc_time(option, text)
    return None if time is None else time.isoformat()


def workers(parsed: argparse.Namespace) -> int | None:
    """Return how many processes were asked for, None for as many as pay. Raises UsageError."""
    count: int | None = parsed.workers
    if count is not None and count < 1:
        raise UsageError(f"--workers {count}: at least one is needed")
    return count


@contextmanager
def progress(quiet: bool) -> Iterator[Progress | None]:
    """Yield what shows progress on a terminal's stderr once the work takes longer than a second."""
    if quiet or not sys.stderr.isatty():
        yield None
        return
    from time import monotonic

    started = monotonic()
    shown = False

    def show(what: str, done: int, total: int) -> None:
        nonlocal shown
        if monotonic() - started > _QUIET_SECONDS:
            shown = True
            sys.stderr.write(f"\r\x1b[K{what[:60]} {done}/{total}")
            sys.stderr.flush()

    try:
        yield show
    finally:
        if shown:
            sys.stderr.write("\r\x1b[K")
            sys.stderr.flush()


@contextmanager
def throughput(quiet: bool) -> Iterator[Progress | None]:
    """Yield what shows bytes read, bytes a second and the time left on a terminal's stderr."""
    from time import monotonic

    started = monotonic()
    with progress(quiet) as show:
        if show is None:
            yield None
            return

        def shown(what: str, done: int, total: int) -> None:
            seconds = max(monotonic() - started, 0.001)
            left = f", {(total - done) * seconds / done:.0f} s left" if 0 < done < total else ""
            show(f"{what[-40:]} {done / seconds / 1e6:.0f} MB/s{left}", done // 1_000_000, total // 1_000_000)

        yield shown
