"""Results kept from run to run, by the content of the file, the setup and the version of the readers."""

import os
import tempfile
from contextlib import AbstractContextManager, suppress
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING

from iisight.examine.pool import MAX_ANSWER, was_examined
from iisight.model.examination import Examination

if TYPE_CHECKING:
    from iisight.examine.look import Examines


class Cached:
    """Answers from a folder what was examined before. Names must be the SHA-256 of their content.

    What lies in the folder is checked against the model's types; whoever can write there can change results.
    """

    def __init__(self, inner: "AbstractContextManager[Examines]", folder: Path, fingerprint: str) -> None:
        """Keep results below `folder`; other fingerprints have other subfolders."""
        self._context = inner
        self._folder = folder / fingerprint[:16]
        self._known: dict[str, Examination] = {}

    def __enter__(self) -> "Cached":
        """Start what examines."""
        self._inner = self._context.__enter__()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        """End what examines."""
        self._context.__exit__(kind, error, at)

    def submit(self, name: str, data: bytes) -> None:
        """Have a file examined, unless that was done before."""
        found = self._find(name)
        if found is None:
            self._inner.submit(name, data)
        else:
            self._known[name] = found

    def results(self) -> dict[str, Examination]:
        """Return what was found in each file so far submitted, and keep it."""
        new = self._inner.results()
        for name, found in new.items():
            if was_examined(found):
                self._keep(name, found)
        return {**self._known, **new}

    def _find(self, name: str) -> Examination | None:
        import msgspec

        path = self._folder / f"{name}.json"
        try:
            if path.stat().st_size > MAX_ANSWER:
                return None
            return msgspec.json.decode(path.read_bytes(), type=Examination)
        except (OSError, msgspec.MsgspecError):
            return None

    def _keep(self, name: str, found: Examination) -> None:
        """Write a result as a whole or not at all; a folder that cannot be written costs time and nothing else."""
        import msgspec

        with suppress(OSError):
            self._folder.mkdir(parents=True, exist_ok=True)
            handle, temporary = tempfile.mkstemp(dir=self._folder)
            with os.fdopen(handle, "wb") as file:
                file.write(msgspec.json.encode(found))
            Path(temporary).replace(self._folder / f"{name}.json")
