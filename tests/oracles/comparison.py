"""One question answered twice: by iisight and by an oracle."""

from collections.abc import Iterable
from dataclasses import dataclass

_SHOWN = 160  # characters of an answer


@dataclass(frozen=True, slots=True)
class Comparison:
    """Both answers to one question about one file, as text that is equal when they agree."""

    oracle: str
    topic: str
    ours: str
    theirs: str
    reason: str = ""  # name of one of `reasons.REASONS`, when they differ and one fits

    @property
    def agrees(self) -> bool:
        """Tell whether both say the same."""
        return self.ours == self.theirs

    def lines(self) -> Iterable[str]:
        """Return both answers, each cut around the first place where they differ."""
        start = next((i for i, (a, b) in enumerate(zip(self.ours, self.theirs, strict=False)) if a != b), 0)
        start = max(0, min(start, len(self.ours), len(self.theirs)) - _SHOWN // 4)
        yield f"  iisight: {self.ours[start : start + _SHOWN] or '-'}"
        yield f"  {self.oracle}: {self.theirs[start : start + _SHOWN] or '-'}"


def listing(items: Iterable[object]) -> str:
    """Return many answers as one text, in an order of its own."""
    return "; ".join(sorted(map(str, items)))
