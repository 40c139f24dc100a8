"""What a sink is, and how it says that it did not take an alert."""

from collections.abc import Sequence
from typing import Protocol

from iisight.model.alert import Alert
from iisight.model.errors import IisightError


class SinkError(IisightError):
    """Alerts were not taken, and may be later.

    `accepted` of the alerts given, from the first, were taken; `retry_after`: seconds that the other side asks for.
    """

    def __init__(self, message: str, *, accepted: int = 0, retry_after: float = 0.0) -> None:
        """Keep the reason, which holds no secret."""
        super().__init__(message)
        self.accepted = accepted
        self.retry_after = retry_after


class SinkRefused(SinkError):  # noqa: N818 - it says what happened to the alert
    """The other side will not take one of the alerts behind the `accepted` first, however often it is sent."""


class Sink(Protocol):
    """One place that alerts go to. It is used by one thread."""

    @property
    def name(self) -> str:
        """Return what it is called: stable when its settings change, without secrets, unlike any other's."""
        ...

    def send(self, alerts: Sequence[Alert]) -> None:
        """Deliver alerts in order; when it returns, all were taken. Raises SinkError. Ends within a bounded time."""
        ...

    def close(self) -> None:
        """Let go of files and connections; `send` may follow, and opens them again."""
        ...
