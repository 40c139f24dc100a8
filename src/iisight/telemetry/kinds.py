"""What a file is that was taken for an event log, by its first bytes."""

_ARCHIVES = (b"PK\x03\x04", b"PK\x05\x06")
_OLD = b"\x30\0\0\0LfLe"
_KINDS = (
    (_OLD, "a log of Windows before Vista (.evt): convert it with `wevtutil epl OLD.evt NEW.evtx /lf:true`"),
    (b"PK\x03\x04", "a ZIP archive"),
    (b"MZ", "an executable"),
    (b"regf", "a registry hive"),
    (b"SQLite format 3\0", "an SQLite database"),
    (b"\x7fELF", "an executable"),
    (b"%PDF", "a PDF document"),
)


def kind_of(head: bytes) -> str:
    """Return what a file is, as the reason why it is not read as an event log."""
    if not head:
        return "an empty file"
    known = next((kind for magic, kind in _KINDS if head.startswith(magic)), None)
    if known is not None:
        return f"no event log but {known}" if not head.startswith(_OLD) else known
    if not head.strip(b"\0"):
        return "nothing but zeros at its start"
    text = head.lstrip(b"\xef\xbb\xbf\xff\xfe \t\r\n\0")[:1]
    kind = {b"{": "JSON", b"[": "JSON", b"<": "XML"}.get(text)
    if kind is not None:
        return f"{kind} that holds no record of an event log in a known shape"
    return f"no event log; it starts with {head[:8].hex(' ')}"


def is_archive(head: bytes) -> bool:
    """Tell whether a file is a ZIP or a tar archive."""
    return head.startswith(_ARCHIVES) or is_tar(head)


def is_tar(head: bytes) -> bool:
    """Recognise a tar header by its magic (POSIX.1-2017, pax)."""
    return head[257:262] == b"ustar"
