"""Evidence that was named, or this host when none was. Shared by `scan`, `harden` and `config`."""

from collections.abc import Sequence
from pathlib import Path

from iisight.engine.live import Host, check_here, this_host
from iisight.evidence.open import open_source
from iisight.inventory.machine import Machine
from iisight.model.progress import Progress


def check(evidence: Sequence[Path]) -> None:
    """Raise UsageError when no evidence was named where there is no host to read."""
    if not evidence:
        check_here()


def opened(evidence: Sequence[Path], progress: Progress | None) -> Host:
    """Return the evidence that was named, or this host. Raises IisightError."""
    return Host(open_source(evidence[0]), Machine()) if evidence else this_host(progress)
