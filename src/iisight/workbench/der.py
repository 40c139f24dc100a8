"""DER, written."""

from datetime import datetime
from functools import cache

INTEGER, BIT_STRING, OCTET_STRING, OID, UTF8, SEQUENCE, SET = 0x02, 0x03, 0x04, 0x06, 0x0C, 0x30, 0x31
NULL = b"\x05\x00"


def tlv(tag: int, *parts: bytes) -> bytes:
    """Return an element."""
    value = b"".join(parts)
    size = len(value)
    if size < 0x80:
        return bytes([tag, size]) + value
    length = size.to_bytes((size.bit_length() + 7) // 8, "big")
    return bytes([tag, 0x80 | len(length)]) + length + value


def sequence(*parts: bytes) -> bytes:
    """Return a SEQUENCE."""
    return tlv(SEQUENCE, *parts)


def set_of(*parts: bytes) -> bytes:
    """Return a SET OF, in the order DER asks for."""
    return tlv(SET, *sorted(parts))


def integer(value: int) -> bytes:
    """Return an INTEGER that is not negative."""
    return tlv(INTEGER, value.to_bytes(value.bit_length() // 8 + 1, "big"))


@cache
def oid(text: str) -> bytes:
    """Return an OBJECT IDENTIFIER."""
    first, second, *rest = map(int, text.split("."))
    return tlv(OID, b"".join(_arc(arc) for arc in (40 * first + second, *rest)))


def bits(value: bytes) -> bytes:
    """Return a BIT STRING of whole bytes."""
    return tlv(BIT_STRING, b"\0", value)


def octets(value: bytes) -> bytes:
    """Return an OCTET STRING."""
    return tlv(OCTET_STRING, value)


def text(value: str) -> bytes:
    """Return a UTF8String."""
    return tlv(UTF8, value.encode())


def time(moment: datetime) -> bytes:
    """Return a GeneralizedTime."""
    return tlv(0x18, f"{moment:%Y%m%d%H%M%S}Z".encode())


def utc_time(moment: datetime) -> bytes:
    """Return a UTCTime."""
    return tlv(0x17, f"{moment:%y%m%d%H%M%S}Z".encode())


def _arc(value: int) -> bytes:
    """Return one number of an object identifier."""
    groups = [value & 0x7F]
    while value := value >> 7:
        groups.append(value & 0x7F | 0x80)
    return bytes(reversed(groups))
