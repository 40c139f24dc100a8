"""The errors iisight raises on purpose. Anything else that escapes is a bug."""

from iisight.model.locator import Locator


class IisightError(Exception):
    """Base of every error of iisight."""


class UsageError(IisightError):
    """The user asked for something that cannot be done; the command line exits with status 2."""


class EvidenceError(IisightError):
    """Evidence cannot be opened, or a file of it cannot be read."""


class ParseError(IisightError):
    """Bytes are not what their format says. The only error that escapes a parser."""

    def __init__(self, message: str, locator: Locator) -> None:
        """Keep what was expected and found (`message`) and where (`locator`)."""
        super().__init__(message)
        self.message = message
        self.locator = locator

    def __str__(self) -> str:
        """Return `place: message`."""
        return f"{self.locator}: {self.message}"
