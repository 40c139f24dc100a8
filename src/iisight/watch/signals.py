"""Signals as wishes: end, or read the settings again."""

import os
import signal
import sys
from types import FrameType

from iisight.watch.running import Main, Running
from iisight.watch.systemd import manager_of

_STOP = ("SIGTERM", "SIGINT", "SIGBREAK")
_RELOAD = ("SIGHUP",)


def run_until_signal(main: Main) -> int:
    """Run the watch until SIGTERM or SIGINT, a second one ends it at once; SIGHUP has the settings read again."""
    if sys.platform == "win32":
        running = Running()
    else:
        running = Running(manager=manager_of(os.environ, os.getpid()))
    obey_signals(running)
    try:
        return main(running)
    finally:
        running.manager.stopping()


def obey_signals(running: Running) -> None:
    """Let signals set the wishes. To be called by the main thread."""

    def stop(number: int, frame: FrameType | None) -> None:
        running.stop.set()
        signal.signal(number, signal.SIG_DFL)

    def reload(number: int, frame: FrameType | None) -> None:
        running.reload.set()

    for names, handler in ((_STOP, stop), (_RELOAD, reload)):
        for name in names:
            if (number := getattr(signal, name, None)) is not None:  # which there are depends on the system
                signal.signal(number, handler)
