"""What is noticed of some roots, as batches: the one thing that the rest of the watch sees of all this."""

import os
import sys
import threading
from collections.abc import Iterable
from pathlib import Path
from types import TracebackType

from iisight.watch.notice.batch import Batch, Note, NoteKind, NoticeError, Root
from iisight.watch.notice.feed import Feed, Heard, NoFeed, system_feed
from iisight.watch.notice.filesystems import Untold, untold_here
from iisight.watch.notice.gathering import Gathering
from iisight.watch.notice.listing import Lister, list_folder
from iisight.watch.notice.pace import POLLED, SHARED
from iisight.watch.notice.rounds import Means, Rounds
from iisight.watch.notice.scope import Scope, scope_of

_BREATH = 5.0  # seconds after which a thread that waits looks whether it should end, should a wake-up be lost


class Notices:
    """Notices changes below roots, from when it is made until it is closed.

    Threads: one hears what the system tells, one goes round the roots of this computer, one round those on
    shares, which may hang. What is there on this computer is followed when the constructor returns; any other root
    is told as `whole` once it is followed.
    """

    def __init__(
        self,
        roots: Iterable[Root],
        feed: Feed | None = None,
        lister: Lister = list_folder,
        untold: Untold | None = None,
    ) -> None:
        self._gathering = Gathering()
        self._feed = feed or self._system_feed()
        self._untold = untold
        means = Means(self._feed, self._gathering, lister)
        self._here = Rounds(means)
        self._shares = Rounds(means, polled=SHARED if sys.platform == "win32" else POLLED)
        self._scope: Scope = scope_of(())
        self._halt = threading.Event()
        self.roots(roots)
        self._here.check(first=True)
        self._threads = [
            threading.Thread(target=self._listen, name="notice-listen", daemon=True),
            threading.Thread(target=self._here.run, args=(self._halt,), name="notice-here", daemon=True),
            threading.Thread(target=self._shares.run, args=(self._halt,), name="notice-shares", daemon=True),
        ]
        for thread in self._threads:
            thread.start()

    def roots(self, new: Iterable[Root]) -> None:
        """Notice changes below these and no other from now on; each new one is told as `whole` once it is followed."""
        absolute = {Root(Path(os.path.abspath(root.path)), root.recursive) for root in new}  # noqa: PTH100  no link is followed
        untold = self._untold or untold_here()
        wanted = {root: untold(root.path) for root in absolute}
        self._scope = scope_of(wanted)
        self._here.set_roots({root: "" for root, why in wanted.items() if not why})
        self._shares.set_roots({root: why for root, why in wanted.items() if why})

    def wait(self, seconds: float) -> Batch:
        """Return the next burst of changes, or an empty batch when the time is over or after `wake`.

        Raises NoticeError when one of the threads has failed: what it would have noticed is noticed by nobody.
        """
        if not self._halt.is_set() and not all(thread.is_alive() for thread in self._threads):
            raise NoticeError("a thread that notices changes has ended: nothing is watched any more")
        batch = self._gathering.wait(seconds)
        for path in batch.paths:
            self._here.sweep.touch(str(path))
        return batch

    def wake(self) -> None:
        """Let `wait` return at once. May be called by any thread."""
        self._gathering.wake()

    def close(self) -> None:
        """Stop noticing. A thread that hangs in a dead share is left to it."""
        self._halt.set()
        self._feed.wake()
        self._here.poke()
        self._shares.poke()
        for thread in self._threads:
            thread.join(_BREATH)
        if not self._threads[0].is_alive():
            self._feed.close()

    def __enter__(self) -> "Notices":
        """Return itself; it notices already."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop noticing."""
        self.close()

    def _system_feed(self) -> Feed:
        try:
            return system_feed()
        except OSError as error:
            reason = f"the system's notifications cannot be had: {error.strerror or error}"
            self._gathering.add(notes=[Note(NoteKind.POLLED, Path(), reason)])
            return NoFeed()

    def _listen(self) -> None:
        while not self._halt.is_set():
            self._take(self._feed.read(_BREATH))

    def _take(self, heard: Heard) -> None:
        scope = self._scope
        paths = {path for path in heard.paths if scope.holds(path)}
        whole = {path for path in heard.whole if scope.holds(path)}
        if paths or whole:
            self._gathering.add(paths, whole)
        if heard.lost or heard.overflow:
            self._here.not_told(heard.lost, heard.overflow)
            self._shares.not_told(heard.lost, heard.overflow)
        elif scope.names_root(paths):
            self._here.poke()
            self._shares.poke()
