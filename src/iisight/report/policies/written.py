"""What the writers of policies give: files, and what they would not write."""

from dataclasses import dataclass
from importlib import resources

from iisight.report.policies.quoting import RefusedError, checked

BOM = "\ufeff"
VERIFIED = frozenset({"known", "trusted"})


@dataclass(frozen=True, slots=True)
class Refused:
    """Something that is not in a file, and why."""

    check: str  # empty: it belongs to none
    what: str
    why: str


@dataclass(frozen=True, slots=True)
class Written:
    """One file: its name, its text, what it is for, the checks that it answers, and what was left out of it."""

    name: str
    text: str
    purpose: str
    checks: tuple[str, ...] = ()
    refused: tuple[Refused, ...] = ()

    @property
    def data(self) -> bytes:
        r"""Return the bytes of the file, with the line ends of Windows.

        Scripts start with a byte order mark: Windows PowerShell takes a script without one for ANSI.
        """
        text = BOM + self.text if self.name.endswith(".ps1") else self.text
        return text.replace("\n", "\r\n").encode("utf-8")


def static(name: str) -> str:
    """Return a text that does not depend on the evidence."""
    return resources.files("iisight.report.policies").joinpath("data", name).read_text("utf-8")


def refusal(text: str) -> str:
    """Return why a name cannot be written, the empty one too; empty when it can."""
    try:
        checked(text)
    except RefusedError as error:
        return str(error)
    return ""


def problem_of(*texts: str) -> str:
    """Return why one of these texts cannot be written; empty when all can. Empty texts are left out."""
    return next((problem for text in texts if text and (problem := refusal(text))), "")
