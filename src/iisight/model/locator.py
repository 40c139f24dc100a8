"""Where a fact was read, so that an analyst can open it by hand."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, order=True)
class Locator:
    r"""A place in the evidence.

    `path` is the Windows path on the audited host (`C:\Windows\…`). `origin` is the name under which the
    evidence holds that file (a path inside the folder or archive); it is empty when it says nothing more.
    `line` and `column` count from 1, in characters; `offset` counts bytes from the start of the file.
    """

    path: str
    line: int | None = None
    column: int | None = None
    offset: int | None = None
    origin: str = ""

    def __str__(self) -> str:
        """Return `path:line:column`, or `path+0xoffset` for a place in a binary."""
        if self.line is not None:
            return f"{self.path}:{self.line}" + (f":{self.column}" if self.column is not None else "")
        return self.path if self.offset is None else f"{self.path}+{self.offset:#x}"
