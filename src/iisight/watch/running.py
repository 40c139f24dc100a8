"""What a watch that runs is told from outside, and what it tells whoever started it."""

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol


class Manager(Protocol):
    """Whoever starts and stops the watch: systemd, the service manager of Windows, or a person at a terminal."""

    def ready(self, status: str) -> None:
        """Say that everything is watched from now on."""

    def alive(self) -> None:
        """Say that the watch still turns; to be called at least once in ten seconds."""

    def reloading(self) -> None:
        """Say that the settings are being read again; `ready` ends that."""

    def stopping(self) -> None:
        """Say that the watch is about to end."""


class Person:
    """A person at a terminal, who sees it."""

    def ready(self, status: str) -> None:
        """Say nothing."""

    def alive(self) -> None:
        """Say nothing."""

    def reloading(self) -> None:
        """Say nothing."""

    def stopping(self) -> None:
        """Say nothing."""


@dataclass(frozen=True, slots=True)
class Running:
    """The wishes of whoever started the watch, and the way to tell him."""

    stop: threading.Event = field(default_factory=threading.Event)
    reload: threading.Event = field(default_factory=threading.Event)  # cleared by the watch when it has done so
    manager: Manager = field(default_factory=Person)


Main = Callable[[Running], int]  # runs until `stop` is set; returns the exit status
