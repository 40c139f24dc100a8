"""Configuration that is caught half-way: emptied to be written anew, or without its end yet."""

import re

from iisight.evidence import paths
from iisight.evidence.source import File, Source
from iisight.model.errors import EvidenceError

MAX_READ = 4 * 1024 * 1024  # bytes; a larger file is taken as it is
_TAIL = 4_096  # bytes in which the last tag is looked for
_BOMS = (b"\xff\xfe", b"\xfe\xff")
_ROOT = re.compile(rb"<([A-Za-z_][\w.:-]{0,200})(?:[^<>\"']|\"[^\"<]*+\"|'[^'<]*+')*+>")
_ASIDE = re.compile(rb"<!--.*?-->|<\?.*?\?>", re.DOTALL)


def is_torn(source: Source, file: File) -> bool:
    """Tell whether a configuration file is empty, or lacks the end tag of its root. Nothing is said of other files."""
    if paths.extension(file.path) != ".config" or file.size > MAX_READ:
        return False
    try:
        data = source.read(file, MAX_READ)
    except EvidenceError:
        return False  # what cannot be read is told, and not waited for
    if data.startswith(_BOMS):
        data = data[2:].replace(b"\0", b"")
    root = _ROOT.search(_ASIDE.sub(b"", data[:_TAIL]))
    if root is None:
        return len(data) <= _TAIL
    return not root[0].endswith(b"/>") and re.search(rb"</" + re.escape(root[1]) + rb"\s*>", data[-_TAIL:]) is None
