"""Certificate revocation lists (RFC 5280, 5), as far as they name what was revoked."""

from datetime import datetime

from iisight.parsers.authenticode.der import (
    GENERALIZED_TIME,
    INTEGER,
    SEQUENCE,
    UTC_TIME,
    Element,
    Fields,
    integer,
    root,
    time,
)

MAX_REVOKED = 1_000_000


def read_revoked(der: bytes) -> tuple[bytes, dict[int, datetime]]:
    """Return the DER of the issuer's name and, by serial number, since when; raises ParseError."""
    fields = Fields(Fields(root(der).expect(SEQUENCE, "a revocation list")).take(SEQUENCE, "what is revoked"))
    fields.maybe(INTEGER)
    fields.take(SEQUENCE, "an algorithm")
    issuer = fields.take(SEQUENCE, "an issuer").raw
    fields.any("the time of the list")
    fields.maybe(UTC_TIME, GENERALIZED_TIME)
    entries = fields.maybe(SEQUENCE)
    return issuer, {} if entries is None else dict(_entry(e) for e in entries.children(MAX_REVOKED))


def _entry(element: Element) -> tuple[int, datetime]:
    """Read one revoked certificate."""
    fields = Fields(element.expect(SEQUENCE, "a revoked certificate"))
    return integer(fields.take(INTEGER, "a serial number")), time(fields.any("a time"))
