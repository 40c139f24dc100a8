"""Where a fact was read, so that an analyst can open it by hand."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Locator:
    r"""A place in the evidence.

    `path` is the Windows path on the audited host (`C:\Windows\…`). `origin` is the name under which the
    evidence holds that file (a path inside the folder or archive); it is empty when it says nothing more.
    `line` and `column` count from 1, in characters; `offset` counts bytes from the start of the file; `record` is the
    EventRecordID of a record of an event log.
    """

    path: str
    line: int | None = None
    column: int | None = None
    offset: int | None = None
    origin: str = ""
    record: int | None = None

    def __lt__(self, other: "Locator") -> bool:
        """Tell which comes first by path and place; a place that is not known comes before those that are."""
        return self._order() < other._order()

    def _order(self) -> tuple[str, int, int, int, str, int]:
        numbers = (self.line, self.column, self.offset, self.record)
        line, column, offset, record = (-1 if number is None else number for number in numbers)
        return self.path, line, column, offset, self.origin, record

    def __str__(self) -> str:
        """Return `path:line:column`, `path#record` for a record, or `path+0xoffset` for a place in a binary."""
        if self.record is not None:
            return f"{self.path}#{self.record}"
        if self.line is not None:
            return f"{self.path}:{self.line}" + (f":{self.column}" if self.column is not None else "")
        return self.path if self.offset is None else f"{self.path}+{self.offset:#x}"
