"""What every file of a run is examined with: plain values, so that they can be handed to worker processes."""

import hashlib
from dataclasses import dataclass, replace
from datetime import datetime

from iisight._version import __version__
from iisight.examine.yara import Compiled, compile_rules

VERSION = 3  # of all that this package gives; part of the key of cached results


@dataclass(frozen=True, slots=True)
class Setup:
    """What the caller trusts and looks for."""

    roots: tuple[bytes, ...] = ()  # files of further trusted roots, PEM or DER
    revoked: tuple[bytes, ...] = ()  # files that name revoked certificates: thumbprints in lines, or a CRL
    microsoft: tuple[str, ...] = ()  # SHA-256 thumbprints of further roots that count as Microsoft's: the workbench's
    at: datetime | None = None  # when signatures without a timestamp are judged; None: when the chain was valid
    rules: Compiled | None = None  # YARA rules, the user's among them; None: iisight's alone

    def judged_at(self, time: datetime | None) -> "Setup":
        """Return the same with a time to judge at, unless it has one."""
        return self if self.at is not None else replace(self, at=time)

    def fingerprint(self) -> str:
        """Return what tells results of one setup, and of one version of iisight, from those of another."""
        rules = self.rules or compile_rules()
        return hashlib.sha256(repr((VERSION, __version__, replace(self, rules=rules))).encode()).hexdigest()
