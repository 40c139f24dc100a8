"""The checksum of a PE file, as CheckSumMappedFile of imagehlp makes it."""

from iisight.parsers.pe.headers import View
from iisight.parsers.pe.layout import Layout

MAX_SIZE = 64 * 1024 * 1024  # bytes of a file that are summed

_CHUNK = 1 << 14  # of an even size, so that words stay whole
_FOLD = 0xFFFF


def checksum_fits(view: View, layout: Layout, notes: list[str]) -> bool | None:
    """Tell whether the checksum is that of the bytes; None when the header gives none or the file is too large.

    The sum of all 16-bit words but the field itself, carries added back, plus the size of the file. Adding carries
    back is arithmetic modulo 0xFFFF, in which the words of a long number may be added at once.
    """
    if not layout.checksum:
        return None
    if len(view.data) > MAX_SIZE:
        notes.append(f"the checksum is not verified: the file is larger than {MAX_SIZE} bytes")
        return None
    total = sum(int.from_bytes(view.data[at : at + _CHUNK], "little") for at in range(0, len(view.data), _CHUNK))
    field = layout.checksum << 8 * (layout.checksum_at % 2)
    words = layout.checksum - len(view.data)
    return 0 <= words <= _FOLD and (total - field - words) % _FOLD == 0
