"""Changes as Linux tells them (inotify(7)), without following links and with nothing left out in silence."""

import ctypes
import errno
import os
import select
import struct
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field

from iisight.watch.notice.feed import Heard, Trouble

_MODIFY, _ATTRIB, _CLOSE_WRITE, _MOVED_FROM, _MOVED_TO = 0x2, 0x4, 0x8, 0x40, 0x80
_CREATE, _DELETE, _DELETE_SELF, _MOVE_SELF = 0x100, 0x200, 0x400, 0x800
_UNMOUNT, _Q_OVERFLOW, _IGNORED = 0x2000, 0x4000, 0x8000
_ONLYDIR, _DONT_FOLLOW, _ISDIR = 0x01000000, 0x02000000, 0x40000000
_MASK = _MODIFY | _ATTRIB | _CLOSE_WRITE | _MOVED_FROM | _MOVED_TO | _CREATE | _DELETE | _DELETE_SELF | _MOVE_SELF
_CAME, _WENT = _CREATE | _MOVED_TO, _DELETE | _MOVED_FROM
_HEAD = struct.Struct("iIII")
_READ = 256 * 1024  # bytes of notifications taken at once: 5,000 at least
_FULL = frozenset({errno.ENOSPC, errno.ENOMEM})
_REASONS = {
    errno.ENOSPC: "the system has no room for more watches (fs.inotify.max_user_watches)",
    errno.EMFILE: "the system has no room for more watchers (fs.inotify.max_user_instances)",
}


@dataclass(slots=True)
class _Watched:
    """A folder with a watch of its own."""

    number: int
    name: str
    above: "_Watched | None"
    deep: bool
    below: dict[str, "_Watched"] = field(default_factory=dict)

    @property
    def chain(self) -> "list[_Watched]":
        """The folder given to `follow`, and from there down to this one; not recursive: a path may have 2,000 parts."""
        found = [self]
        while (above := found[-1].above) is not None:
            found.append(above)
        return found[::-1]

    @property
    def path(self) -> str:
        """Where it is, as far as is known."""
        return self.name if self.above is None else "/".join(one.name.rstrip("/") for one in self.chain)


class Inotify:
    """One inotify instance: a watch for each folder."""

    def __init__(self) -> None:
        self._system = ctypes.CDLL(None, use_errno=True)
        self._handle = self._call("inotify_init1", os.O_NONBLOCK | os.O_CLOEXEC)
        self._wake = os.eventfd(0, os.EFD_NONBLOCK | os.EFD_CLOEXEC)
        self._poll = select.poll()
        self._poll.register(self._handle, select.POLLIN)
        self._poll.register(self._wake, select.POLLIN)
        self._lock = threading.RLock()
        self._roots: dict[str, _Watched] = {}
        self._numbers: dict[int, _Watched] = {}

    def follow(self, folder: str, deep: bool) -> list[Trouble]:
        """Put a watch on a folder, `deep`: and on all below it. Raises OSError for the folder itself."""
        with self._lock:
            number = self._add(folder, follow_link=True)
            known = self._numbers.get(number)
            if known is None:
                known = self._keep(_Watched(number, folder, None, deep))
            elif known.path != folder:
                raise OSError(errno.EEXIST, f"followed as {known.path} already")
            known.deep |= deep
            if known.above is None:
                self._roots[folder] = known
        return list(self._grow(known)) if deep else []

    def forget(self, folder: str) -> None:
        """Take the watches off a folder."""
        with self._lock:
            watched = self._roots.pop(folder, None)
            if watched is not None:
                self._drop(watched)

    def read(self, seconds: float) -> Heard:
        """Return what the kernel told; wait so long for the first of it."""
        heard = Heard()
        self._poll.poll(max(seconds, 0) * 1000)
        try:
            told = os.read(self._handle, _READ)
        except BlockingIOError:
            return heard
        position = 0
        while position + _HEAD.size <= len(told):
            number, mask, _, size = _HEAD.unpack_from(told, position)
            position += _HEAD.size
            name = os.fsdecode(told[position : position + size].rstrip(b"\0"))
            position += size
            self._take(number, mask, name, heard)
        return heard

    def wake(self) -> None:
        """Let `read` return."""
        os.eventfd_write(self._wake, 1)

    def close(self) -> None:
        """Give the instance back; nobody may be in `read`."""
        os.close(self._handle)
        os.close(self._wake)

    def _take(self, number: int, mask: int, name: str, heard: Heard) -> None:
        if mask & _Q_OVERFLOW:
            heard.overflow.update(self._roots)
            return
        with self._lock:
            watched = self._numbers.get(number)
            if watched is None:
                return
            if mask & (_DELETE_SELF | _MOVE_SELF | _UNMOUNT | _IGNORED):
                self._gone(watched, mask, heard)
                return
            path = os.path.join(watched.path, name) if name else watched.path  # noqa: PTH118
            if mask & _ISDIR and mask & _WENT and name in watched.below:
                self._drop(watched.below[name])
        heard.paths.add(path)
        if mask & _ISDIR and mask & _CAME and watched.deep:
            self._new_folder(watched, name, path, heard)

    def _new_folder(self, above: _Watched, name: str, path: str, heard: Heard) -> None:
        """Watch a folder that came, then let it be looked at: what is in it may have come before the watch."""
        heard.whole.add(path)
        troubles = self._child(above, name)
        troubles += [t for w in [above.below.get(name)] if w is not None for t in self._grow(w)]
        if any(trouble.full for trouble in troubles):
            heard.overflow.add(above.chain[0].name)

    def _gone(self, watched: _Watched, mask: int, heard: Heard) -> None:
        if watched.above is None:
            heard.lost.add(watched.name)
            self._roots.pop(watched.name, None)
        elif mask & _MOVE_SELF:
            return  # the folder it stood in tells where it went
        self._drop(watched)

    def _grow(self, top: _Watched) -> Iterator[Trouble]:
        """Put a watch on every folder below one: first the watch, then the listing, so that none slips between."""
        waiting = [top]
        while waiting:
            watched = waiting.pop()
            try:
                with os.scandir(watched.path) as entries:
                    names = [e.name for e in entries if e.is_dir(follow_symlinks=False)]
            except OSError as error:
                if not isinstance(error, (FileNotFoundError, NotADirectoryError)):
                    yield Trouble(watched.path, error.strerror or str(error))
                continue
            for name in names:
                troubles = self._child(watched, name)
                yield from troubles
                if any(trouble.full for trouble in troubles):
                    return
                if (child := watched.below.get(name)) is not None:
                    waiting.append(child)

    def _child(self, above: _Watched, name: str) -> list[Trouble]:
        """Watch one folder of a watched folder."""
        with self._lock:
            path = os.path.join(above.path, name)  # noqa: PTH118
            try:
                number = self._add(path, follow_link=False)
            except OSError as error:
                if isinstance(error, (FileNotFoundError, NotADirectoryError)):
                    return []  # gone again, or no folder any more
                return [Trouble(path, error.strerror or str(error), full=error.errno in _FULL)]
            known = self._numbers.get(number)
            if known is None or (known.path != path and known.above is not None):
                above.below[name] = self._keep(_Watched(number, name, above, deep=True))
            elif known.path != path:
                return [Trouble(path, f"followed as {known.path} already")]
            return []

    def _keep(self, watched: _Watched) -> _Watched:
        """Take a folder in; a number known under another path was moved before the kernel's word of it was read."""
        old = self._numbers.get(watched.number)
        if old is not None:
            self._unlink(old)
            watched.below = old.below
            for child in watched.below.values():
                child.above = watched
        self._numbers[watched.number] = watched
        return watched

    def _drop(self, watched: _Watched) -> None:
        """Take the watches off a folder and all below it; the lock is held."""
        self._unlink(watched)
        waiting = [watched]
        while waiting:
            one = waiting.pop()
            waiting += one.below.values()
            if self._numbers.get(one.number) is one:
                del self._numbers[one.number]
                self._system.inotify_rm_watch(self._handle, one.number)  # fails when the kernel took it off itself

    def _unlink(self, watched: _Watched) -> None:
        if watched.above is not None and watched.above.below.get(watched.name) is watched:
            del watched.above.below[watched.name]

    def _add(self, folder: str, follow_link: bool) -> int:
        mask = _MASK | _ONLYDIR | (0 if follow_link else _DONT_FOLLOW)
        return self._call("inotify_add_watch", self._handle, os.fsencode(folder), ctypes.c_uint32(mask))

    def _call(self, name: str, *arguments: object) -> int:
        answer: int = getattr(self._system, name)(*arguments)
        if answer < 0:
            number = ctypes.get_errno()
            raise OSError(number, _REASONS.get(number) or os.strerror(number))
        return answer
