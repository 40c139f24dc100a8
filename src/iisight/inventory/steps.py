"""The one boundary at which an unforeseen failure is caught: it costs its own step, and the coverage names it."""

import logging
from collections.abc import Callable, Iterable
from typing import TypeVar

from iisight.model.coverage import Gap, GapKind

T = TypeVar("T")
_log = logging.getLogger(__name__)


def guarded(subject: str, gaps: list[Gap], step: Callable[[], Iterable[T]]) -> list[T]:
    """Return all that a step yields up to the point where it fails, if it does."""
    found: list[T] = []
    try:
        found.extend(step())  # what came before a failure stays
    except Exception as error:
        _log.debug("%s failed", subject, exc_info=True)
        gaps.append(Gap(GapKind.FAILED, subject, f"the step failed: {type(error).__name__}: {error}"))
    return found
