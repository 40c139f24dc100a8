"""Changes files as fast as it is let, in a process of its own; see `main` for its arguments.

A change is one file created, written, renamed or deleted, or one folder renamed. How many of each there were and how
long they took goes to standard output as JSON.
"""

import json
import os
import sys
import time
from collections import Counter
from pathlib import Path
from random import Random

MOST = 2_000  # files that are there at once
_FOLDERS = 8
_AT_ONCE = 20  # changes between two looks at the clock
_KINDS = ("create", "write", "rename", "delete")
_WEIGHTS = (20, 50, 18, 12)
_FOLDER_EVERY = 5_000  # changes
_ENDS = (".txt", ".tmp", ".jpg", ".log")  # of files that nobody loads


class Writer:
    """One writer in a folder of its own. With `steady`, files that are rewritten as they are, again and again."""

    def __init__(self, folder: Path, random: Random, steady: tuple[Path, ...] = ()) -> None:
        """Make the folders."""
        self.counts: Counter[str] = Counter()
        self._random = random
        self._steady = [(os.open(path, os.O_RDWR), path.read_bytes()) for path in steady]
        self._top = folder
        self._folders = [str(folder / f"f{number}") for number in range(_FOLDERS)]
        for name in self._folders:
            Path(name).mkdir(parents=True)
        self._files: list[tuple[int, str]] = []  # number of the folder, name
        self._made = 0

    def change(self) -> None:
        """Do one change."""
        done = sum(self.counts.values())
        if done % _FOLDER_EVERY == _FOLDER_EVERY - 1:
            kind = "folder"
        elif not self._files:
            kind = "create"
        elif len(self._files) >= MOST:
            kind = "delete"
        else:
            (kind,) = self._random.choices(_KINDS, _WEIGHTS)
        self.counts[kind] += 1
        getattr(self, f"_{kind}")()

    def _create(self) -> None:
        self._made += 1
        number = self._random.randrange(_FOLDERS)
        name = f"{self._made}{_ENDS[self._made % len(_ENDS)]}"
        self._put(f"{self._folders[number]}/{name}", os.O_CREAT)
        self._files.append((number, name))

    def _write(self) -> None:
        if self._steady and self._random.random() < 0.1:
            handle, data = self._random.choice(self._steady)
            os.pwrite(handle, data, 0)
            return
        number, name = self._random.choice(self._files)
        self._put(f"{self._folders[number]}/{name}", 0)

    def _rename(self) -> None:
        number, name = self._taken()
        other = self._random.randrange(_FOLDERS)
        self._made += 1
        new = f"{self._made}.renamed"
        Path(f"{self._folders[number]}/{name}").rename(f"{self._folders[other]}/{new}")
        self._files.append((other, new))

    def _delete(self) -> None:
        number, name = self._taken()
        Path(f"{self._folders[number]}/{name}").unlink()

    def _folder(self) -> None:
        number = self._random.randrange(_FOLDERS)
        new = str(self._top / f"f{number}-{self.counts['folder']}")
        Path(self._folders[number]).rename(new)
        self._folders[number] = new

    def _taken(self) -> tuple[int, str]:
        """Take one of the files out of the list."""
        index = self._random.randrange(len(self._files))
        self._files[index], self._files[-1] = self._files[-1], self._files[index]
        return self._files.pop()

    @staticmethod
    def _put(path: str, more: int) -> None:
        handle = os.open(path, os.O_WRONLY | more)
        os.write(handle, b"x" * 64)
        os.close(handle)


def main(folder: Path, seed: int, seconds: float, rate: float, steady: tuple[Path, ...]) -> None:
    """Change things for so long, so many times a second at most; 0: as often as it can."""
    writer, done = Writer(folder, Random(seed), steady), 0
    begun = time.monotonic()
    while (past := time.monotonic() - begun) < seconds:
        if rate and done > past * rate:
            time.sleep(0.001)
            continue
        for _ in range(_AT_ONCE):
            writer.change()
        done += _AT_ONCE
    print(json.dumps({"counts": writer.counts, "seconds": time.monotonic() - begun}))


if __name__ == "__main__":
    _, where, first, second, third, *more = sys.argv
    main(Path(where), int(first), float(second), float(third), tuple(map(Path, more)))
