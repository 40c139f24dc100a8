"""The few general reasons for which an oracle may say something else than iisight, each told from the bytes alone."""

import struct
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import cached_property

from iisight.examine.signature import judge_image
from iisight.examine.trust import load_trust
from iisight.model.errors import ParseError
from iisight.model.locator import Locator
from iisight.parsers.authenticode.der import INTEGER, OCTET_STRING, OID, SEQUENCE, Fields, root
from iisight.parsers.pe.checksum import MAX_SIZE
from iisight.parsers.pe.entropy import SAMPLE
from iisight.parsers.pe.exports import MAX_KEPT
from iisight.parsers.pe.headers import read_headers
from iisight.parsers.pe.layout import SECURITY
from tests.oracles.comparison import Comparison
from tests.oracles.signatures import BROKEN, NOTHING, PAGES, TIMESTAMP, TRUSTED, UNREADABLE, UNTRUSTED

_SAMPLED = 0.2  # bits a byte
_TST_INFO = bytes.fromhex("060b2a864886f70d0109100104")  # id-ct-TSTInfo, with tag and length


@dataclass(frozen=True)
class File:
    """What a reason may ask of a file."""

    data: bytes

    @cached_property
    def table(self) -> tuple[int, int]:
        """Offset and end of the certificate table; zeros without one."""
        try:
            offset, size = read_headers(self.data, Locator("")).directory(SECURITY)
        except ParseError:
            return 0, 0
        return (offset, offset + size) if offset and size else (0, 0)

    @property
    def has_bad_stamp(self) -> bool:
        """Tell whether iisight mistrusts a signature of the file for its timestamp alone; signify judges that apart."""
        found, _ = judge_image(self.data, load_trust(), None)
        return found is not None and any("its timestamp cannot" in one.reason for one in (found, *found.others))

    @property
    def signatures(self) -> bytes:
        """Return the certificate table."""
        return self.data[slice(*self.table)]

    @property
    def has_slack(self) -> bool:
        """Tell whether the table's first entry leaves more of the table than padding (PE format: to eight bytes)."""
        offset, end = self.table
        if not offset or offset + 4 > len(self.data):
            return False
        (length,) = struct.unpack_from("<I", self.data, offset)
        return bool(offset + (length + 7) // 8 * 8 < end)


@dataclass(frozen=True, slots=True)
class Reason:
    """Why an oracle may differ."""

    name: str
    why: str
    fits: Callable[[Comparison, File], bool]


def explained(comparison: Comparison, file: File) -> Comparison:
    """Return a disagreement with the first reason that fits it."""
    if comparison.agrees:
        return comparison
    return replace(comparison, reason=next((r.name for r in REASONS if r.fits(comparison, file)), ""))


def _is_cut(comparison: Comparison, file: File) -> bool:
    return comparison.topic == "signature" and comparison.theirs == NOTHING and file.table[1] > len(file.data)


def _has_more_behind(comparison: Comparison, file: File) -> bool:
    return _found_nothing(comparison) and 0 < file.table[1] < len(file.data)


def _has_slack(comparison: Comparison, file: File) -> bool:
    return _found_nothing(comparison) and file.has_slack


def _found_nothing(comparison: Comparison) -> bool:
    return (comparison.oracle, comparison.topic, comparison.theirs) == ("osslsigncode", "signature", NOTHING)


def _is_stamp(comparison: Comparison, file: File) -> bool:
    pairs = _pairs(comparison)
    return bool(pairs) and all(ours == theirs or (theirs == TIMESTAMP and ours != TRUSTED) for ours, theirs in pairs)


def _is_dropped_stamp(comparison: Comparison, file: File) -> bool:
    differing = {(ours, theirs) for ours, theirs in _pairs(comparison) if ours != theirs}
    return comparison.oracle == "osslsigncode" and differing == {(UNTRUSTED, TRUSTED)} and file.has_bad_stamp


def _is_given_up(comparison: Comparison, file: File) -> bool:
    return comparison.ours == UNTRUSTED and comparison.theirs in (BROKEN, UNREADABLE, NOTHING) and bool(file.table[1])


def _is_loose_stamp(comparison: Comparison, file: File) -> bool:
    pairs = _pairs(comparison)
    differing = {(ours, theirs) for ours, theirs in pairs if ours != theirs}
    return (
        comparison.oracle == "osslsigncode"
        and differing == {(TRUSTED, UNTRUSTED)}
        and _has_padded_serial(file.signatures)
    )


def _has_padded_serial(signatures: bytes) -> bool:
    """Tell whether a TSTInfo (RFC 3161) has a serial number that begins with nine equal bits (X.690, 8.3.2)."""
    for piece in signatures.split(_TST_INFO)[1:]:
        with suppress(ParseError):
            octets = root(piece).only(OCTET_STRING, "a timestamp").value
            fields = Fields(root(octets).expect(SEQUENCE, "a timestamp"))
            for tag in (INTEGER, OID, SEQUENCE):
                fields.take(tag, "what comes before the serial number")
            head = fields.take(INTEGER, "a serial number").value[:2]
            if len(head) == 2 and (head[0], head[1] >> 7) in ((0, 0), (0xFF, 1)):
                return True
    return False


def _is_not_summed(comparison: Comparison, file: File) -> bool:
    return comparison.topic == "checksum" and comparison.ours == "None" and len(file.data) > MAX_SIZE


def _is_unreadable(comparison: Comparison, file: File) -> bool:
    ours = comparison.ours.split(", ")
    readable = ", ".join(state for state in ours if state != UNREADABLE)
    return UNREADABLE in ours and comparison.theirs in (readable, NOTHING, UNREADABLE)


def _is_only_failed(comparison: Comparison, file: File) -> bool:
    pairs = _pairs(comparison)
    bad = (BROKEN, UNTRUSTED, PAGES)
    return (
        comparison.oracle == "osslsigncode" and all(a == b or (a in bad and b in bad) for a, b in pairs) and bool(pairs)
    )


def _pairs(comparison: Comparison) -> list[tuple[str, str]]:
    ours, theirs = comparison.ours.split(", "), comparison.theirs.split(", ")
    same = comparison.topic == "signature" and len(ours) == len(theirs)
    return list(zip(ours, theirs, strict=True)) if same else []


def _is_long(comparison: Comparison, file: File) -> bool:
    ours, theirs = (set(text.split("; ")) for text in (comparison.ours, comparison.theirs))
    return comparison.topic == "exports" and len(ours) >= MAX_KEPT and ours < theirs


def _is_sampled(comparison: Comparison, file: File) -> bool:
    if comparison.topic != "entropy":
        return False
    ours, theirs = (list(map(float, text.split("; "))) for text in (comparison.ours, comparison.theirs))
    return len(ours) == len(theirs) and all(abs(a - b) <= _SAMPLED for a, b in zip(ours, theirs, strict=True))


REASONS = (
    Reason(
        "table cut off",
        "The certificate table reaches beyond the file. The oracles say there is no signature; there was one, and "
        "iisight says it is broken.",
        _is_cut,
    ),
    Reason(
        "data behind the table",
        "osslsigncode looks for the table at the very end of the file; what follows it is digested by Windows, and "
        "makes the signature broken.",
        _has_more_behind,
    ),
    Reason(
        "data inside the table",
        "The table is larger than its entries. Windows does not digest that, and takes it unless "
        "EnableCertPaddingCheck is set; osslsigncode refuses the table, iisight notes it.",
        _has_slack,
    ),
    Reason(
        "timestamp that does not verify",
        "signify stops at a damaged timestamp, and osslsigncode leaves it out; iisight says untrusted, or why the "
        "signature is broken besides.",
        _is_stamp,
    ),
    Reason(
        "timestamp that is dropped",
        "osslsigncode judges a signature whose timestamp it cannot read as one without; iisight and signify do not.",
        _is_dropped_stamp,
    ),
    Reason(
        "damaged where the oracle stops",
        "None trusts it: the oracles stop at the damaged part, and iisight says what it misses without it.",
        _is_given_up,
    ),
    Reason(
        "timestamp that OpenSSL does not read",
        "Its serial number has a leading byte more than DER allows, as some of DigiCert's of 2020 have: osslsigncode "
        "takes the signature as one without a timestamp. signify and iisight read it.",
        _is_loose_stamp,
    ),
    Reason(
        "signature that cannot be read",
        "The oracles say nothing of a signature, or of one in it, that they cannot read; iisight says so.",
        _is_unreadable,
    ),
    Reason(
        "failed for any reason",
        "osslsigncode has one word for a signature that does not fit and a chain that leads nowhere.",
        _is_only_failed,
    ),
    Reason(
        "entropy of a sample",
        f"Of large sections iisight counts {SAMPLE // 1024} KB, evenly spaced: off by {_SAMPLED} bits a byte at most.",
        _is_sampled,
    ),
    Reason("file too large to sum", f"iisight sums files of up to {MAX_SIZE >> 20} MiB, and notes it.", _is_not_summed),
    Reason(
        "more exports than are kept", f"iisight keeps {MAX_KEPT} exports of a file, and its entry points.", _is_long
    ),
)
