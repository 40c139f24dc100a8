"""What a file is that was taken for an event log, by its first bytes."""

_ZIP, _EMPTY_ZIP = b"PK\x03\x04", b"PK\x05\x06"
_REASONS = (
    (b"0\0\0\0LfLe", "a log of Windows before Vista (.evt): convert it with `wevtutil epl OLD.evt NEW.evtx /lf:true`"),
    (_ZIP, "no event log but a ZIP archive"),
    (b"MZ", "no event log but an executable"),
    (b"regf", "no event log but a registry hive"),
    (b"SQLite format 3\0", "no event log but an SQLite database"),
    (b"\x7fELF", "no event log but an executable"),
    (b"%PDF", "no event log but a PDF document"),
)


def kind_of(head: bytes) -> str:
    """Return what a file is, as the reason why it is not read as an event log."""
    if not head:
        return "an empty file"
    known = next((reason for magic, reason in _REASONS if head.startswith(magic)), None)
    if known is not None:
        return known
    if not head.strip(b"\0"):
        return "nothing but zeros at its start"
    text = head.lstrip(b"\xef\xbb\xbf\xff\xfe \t\r\n\0")[:1]
    kind = {b"{": "JSON", b"[": "JSON", b"<": "XML"}.get(text)
    if kind is not None:
        return f"{kind} that holds no record of an event log in a known shape"
    return f"no event log; it starts with {head[:8].hex(' ')}"


def is_archive(head: bytes) -> bool:
    """Tell whether a file is a ZIP or a tar archive."""
    return head.startswith((_ZIP, _EMPTY_ZIP)) or is_tar(head)


def is_tar(head: bytes) -> bool:
    """Recognise a tar header by its magic (POSIX.1-2017, pax)."""
    return head[257:262] == b"ustar"
