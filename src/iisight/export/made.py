"""What an export is: files, and what could not be said in them."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, order=True)
class Unsaid:
    """A rule, or a part of one, that the target cannot say."""

    rule: str  # `IIS101`, or the user's file
    title: str
    reason: str
    asked: bool = False  # it is one of the user's: to leave it out is no small thing


@dataclass(frozen=True, slots=True)
class Export:
    """Files by name, in a flat folder, and what is not in them."""

    files: tuple[tuple[str, bytes], ...]
    unsaid: tuple[Unsaid, ...] = ()


class CannotSayError(ValueError):
    """A dialect, or the log source in it, has no words for something; the message says for what."""
