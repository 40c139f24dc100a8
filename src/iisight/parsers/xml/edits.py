"""Changes made to a text so that it can be read on, with the way back to the original offsets."""

from bisect import bisect_right, insort


class Edits:
    """The original text and its edited form."""

    def __init__(self, original: str) -> None:
        """Start without a change."""
        self.text = original
        self._insertions: list[tuple[int, int]] = []  # (offset in the edited text, length)

    def original(self, offset: int) -> int:
        """Return the original offset of a place of the edited text."""
        shift = 0
        for start, length in self._insertions[: bisect_right(self._insertions, (offset, 1 << 60))]:
            shift += min(length, offset - start)
        return offset - shift

    def blank(self, start: int, end: int) -> None:
        """Overwrite a stretch with spaces; line ends stay."""
        kept = "\n".join(" " * len(line) for line in self.text[start:end].split("\n"))
        self.text = self.text[:start] + kept + self.text[end:]

    def escape(self, offset: int) -> None:
        """Write the `&` or `<` there as a reference."""
        name = "lt;" if self.text[offset : offset + 1] == "<" else "amp;"
        self.text = f"{self.text[:offset]}&{self.text[offset + 1 :]}"
        self.insert(offset + 1, name)

    def insert(self, offset: int, text: str) -> None:
        """Put text in."""
        self.text = self.text[:offset] + text + self.text[offset:]
        self._insertions = [(s + len(text) if s >= offset else s, n) for s, n in self._insertions]
        insort(self._insertions, (offset, len(text)))
