"""Who signed a file, and whether that can be relied on."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class SignatureState(StrEnum):
    """What is known of a file's Authenticode signature. There is no `valid`: each state says on what it rests."""

    TRUSTED = "trusted"  # an embedded signature fits the file, and its chain ends at a pinned root
    CATALOGUE = "catalogue"  # a catalogue with such a signature lists the file's hash
    UNTRUSTED = "untrusted"  # it fits the file, and the chain leads nowhere, expired, is revoked or not for code
    BROKEN = "broken"  # there is a signature, and the file is not what was signed
    NONE = "none"  # no signature, and catalogues were there that do not list the file
    UNKNOWN = "unknown"  # cannot tell: no signature in the file and no catalogue in the evidence, or not readable


@dataclass(frozen=True, slots=True)
class Certificate:
    """An X.509 certificate, as far as an analyst asks for it."""

    subject: str  # RFC 4514
    issuer: str  # RFC 4514
    common_name: str
    organization: str
    serial: str  # lower-case hex
    thumbprint: str  # SHA-1 of the DER, lower-case hex: what Windows shows
    sha256: str  # of the DER
    not_before: datetime
    not_after: datetime


@dataclass(frozen=True, slots=True)
class Signature:
    """One signature, judged. `others` are the nested and further ones of the same file, each judged by itself."""

    state: SignatureState
    reason: str  # one clause: why this state
    is_microsoft: bool = False  # trusted, the root is one of Microsoft's and the signer Microsoft Corporation
    signer: Certificate | None = None
    root: Certificate | None = None  # where the chain ended, trusted or not
    signed_at: datetime | None = None  # of a timestamp that could be verified
    digest: str = ""  # algorithm of the file's digest: `sha256`
    catalogue: str = ""  # Windows path of the catalogue that lists the file
    notes: tuple[str, ...] = ()  # page hashes, data behind the signature, SHA-1 chain, …
    others: tuple["Signature", ...] = ()

    @property
    def publisher(self) -> str:
        """Return the signer's organisation, else its common name; empty without a signer."""
        return "" if self.signer is None else self.signer.organization or self.signer.common_name

    @property
    def summary(self) -> str:
        """Return in one line who signed, when, and what that is worth."""
        who = f"signed by '{self.publisher}'" if self.publisher else ""
        when = f" on {self.signed_at:%Y-%m-%d}" if self.signed_at is not None and who else ""
        state = f", {self.state}: " if who and not self.is_trusted else ", " if who else ""
        return f"{who}{when}{state}{self.reason}"

    @property
    def is_trusted(self) -> bool:
        """Tell whether a chain to a pinned root vouches for the very content of the file."""
        return self.state in (SignatureState.TRUSTED, SignatureState.CATALOGUE)
