"""A state of a server that somebody signed off."""

from dataclasses import dataclass

from iisight.model.report import Report

BASELINE_SCHEMA = "1.0"


@dataclass(frozen=True, slots=True)
class Seal:
    """What shows that a baseline was edited: `sha256` to anybody, `hmac` to who has the key. No signature."""

    sha256: str  # lower-case hex, of the baseline without its seal
    hmac: str = ""  # HMAC-SHA256 of the same; empty when no key was given


@dataclass(frozen=True, slots=True)
class Baseline:
    """A report, with who approved it, when and why."""

    baseline: str  # version of this format
    name: str
    by: str
    reason: str
    time: str  # ISO 8601, UTC
    report: Report
    seal: Seal = Seal("")

    @property
    def signed(self) -> str:
        """Return in one line what it is, who signed it off, when and why."""
        return f"baseline '{self.name}', signed off by {self.by} on {self.time}: {self.reason}"
