"""Worker processes that examine files: one that crashes, hangs or eats memory costs the file it was given."""

import os
import subprocess
import sys
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from queue import SimpleQueue
from threading import BoundedSemaphore, Timer
from types import TracebackType
from typing import TypeVar

from iisight.examine.setup import Setup
from iisight.examine.worker import read_message, write_message
from iisight.model.examination import Examination

MAX_SECONDS = 20.0  # of one file
START_SECONDS = 120.0  # of a process until it is ready: the user's YARA rules may be many
MAX_ANSWER = 64 * 1024 * 1024  # bytes
MAX_WORKERS = 8
NOT_EXAMINED = "not examined"

T = TypeVar("T")
COMMAND = (sys.executable, "-P", "-m", "iisight.examine.worker")


def was_examined(found: Examination) -> bool:
    """Tell whether a file was looked at: what ended the look may not end the next one, so it is not kept."""
    return not any(note.startswith(NOT_EXAMINED) for note in found.notes)


class Pool:
    """As many worker processes as there are processors; they start when they are needed and end with the `with`."""

    def __init__(
        self,
        setup: Setup,
        count: int | None = None,
        *,
        seconds: float = MAX_SECONDS,
        command: Sequence[str] = COMMAND,
    ) -> None:
        """Prepare `count` workers; each runs `command`, gets the setup once, and `seconds` for a file."""
        self.count = max(1, min(count or os.cpu_count() or 1, MAX_WORKERS))
        self._idle: SimpleQueue[_Worker] = SimpleQueue()
        self._workers = [_Worker(setup, seconds, command) for _ in range(self.count)]
        for worker in self._workers:
            self._idle.put(worker)
        self._threads = ThreadPoolExecutor(self.count)
        self._room = BoundedSemaphore(3 * self.count)
        self._asked: dict[str, Future[Examination]] = {}

    def __enter__(self) -> "Pool":
        """Return the pool."""
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        """End the workers, whatever they do."""
        self.close()

    def close(self) -> None:
        """End the workers, whatever they do."""
        self._stop()
        self._threads.shutdown(cancel_futures=True)
        self._stop()  # one that was being started

    def _stop(self) -> None:
        for worker in self._workers:
            worker.stop()

    def submit(self, name: str, data: bytes) -> None:
        """Have a file examined; waits while as many wait as may be in memory."""
        self._room.acquire()
        asked = self._threads.submit(self._examine, data)
        asked.add_done_callback(lambda _: self._room.release())
        self._asked[name] = asked

    def results(self) -> dict[str, Examination]:
        """Return what was found in each file so far submitted, when all are done."""
        return {name: asked.result() for name, asked in self._asked.items()}

    def forget(self) -> None:
        """Let go of what was found, so that a pool that is kept does not grow."""
        self._asked.clear()

    def warm_up(self) -> None:
        """Start a process now, so that the first file does not wait for it."""
        self._threads.submit(self._examine, b"")

    def _examine(self, data: bytes) -> Examination:
        worker = self._idle.get()
        try:
            return worker.examine(data)
        finally:
            self._idle.put(worker)


class _Worker:
    """One process, started again when it has ended."""

    def __init__(self, setup: Setup, seconds: float, command: Sequence[str]) -> None:
        self._setup = setup
        self._seconds = seconds
        self._command = command
        self._process: subprocess.Popen[bytes] | None = None
        self._late = False

    def examine(self, data: bytes) -> Examination:
        """Return what the process says of a file, or why it says nothing."""
        import msgspec

        if not self._is_ready():
            return self._failed("the process that examines files did not start", START_SECONDS)
        answer = self._within(self._seconds, lambda: self._ask(data))
        try:
            if answer is not None:
                return msgspec.json.decode(answer, type=Examination)
            why = "the process that examined it ended"
        except msgspec.MsgspecError:
            why = "the process that examined it gave no answer that can be read"
        return self._failed(why, self._seconds)

    def stop(self) -> None:
        """End the process."""
        process, self._process = self._process, None
        if process is not None:
            process.kill()
            process.communicate()

    def _failed(self, why: str, seconds: float) -> Examination:
        """End the process and return why a file was not examined."""
        late, self._late = self._late, False
        self.stop()
        return Examination(notes=(f"{NOT_EXAMINED}: {f'it took longer than {seconds:g} s' if late else why}",))

    def _within(self, seconds: float, step: Callable[[], T]) -> T:
        """Return what a step gives; the process is ended when it takes longer."""
        timer = Timer(seconds, self._stop_late)
        timer.daemon = True
        timer.start()
        try:
            return step()
        finally:
            timer.cancel()

    def _is_ready(self) -> bool:
        """Start the process, unless it runs, and wait until it has made itself ready."""
        if self._process is not None:
            return True
        self._start()
        return self._within(START_SECONDS, self._answer) is not None

    def _ask(self, data: bytes) -> bytes | None:
        """Send a message and return the answer; None when there is none."""
        process = self._process
        if process is None or process.stdin is None:
            return None
        try:
            write_message(process.stdin, data)
        except OSError:  # it ended before it took all
            return None
        return self._answer()

    def _answer(self) -> bytes | None:
        process = self._process
        return None if process is None or process.stdout is None else read_message(process.stdout, MAX_ANSWER)

    def _stop_late(self) -> None:
        self._late = True
        if self._process is not None:
            self._process.kill()

    def _start(self) -> None:
        """Start the process and give it the setup."""
        import msgspec

        self._process = subprocess.Popen(  # noqa: S603  ourselves
            self._command,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )
        if self._process.stdin is not None:
            with suppress(OSError):  # the next message will tell
                write_message(self._process.stdin, msgspec.json.encode(self._setup))
