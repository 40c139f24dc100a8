"""Evidence of one file: where it stands on a server, by what is in it."""

import re
from pathlib import Path
from typing import BinaryIO

from iisight.evidence.listing import to_time
from iisight.evidence.names import printable, windows_part
from iisight.evidence.shape import CONFIG, EXPRESS, UNKNOWN, WWWROOT
from iisight.evidence.sniff import SNIFFED, text_of
from iisight.evidence.source import File, Source
from iisight.evidence.stream import guarded
from iisight.model.errors import EvidenceError

_DOTNET = r"C:\Windows\Microsoft.NET\Framework64\v4.0.30319\CONFIG"
_BY_NAME = {"web.config": rf"{WWWROOT}\web.config", "applicationhost.config": rf"{CONFIG}\applicationHost.config"}
_CONFIGURATION = ("<configuration", "<configSections", "<system.web")
_TRANSFORM = re.compile(r"xmlns:xdt\b|\bxdt:(?:Transform|Locator)\b")


def open_single(path: Path) -> Source:
    """Return a source of one file, at the Windows path its content speaks for."""
    try:
        info = path.stat()
        with path.open("rb") as stream:
            head = stream.read(SNIFFED)
    except OSError as error:
        raise EvidenceError(f"{path}: {error.strerror or error}") from error
    name = printable(path.name)

    def opener(file: File) -> BinaryIO:
        try:
            stream = path.open("rb")
        except OSError as error:
            raise EvidenceError(f"{file.path}: {error.strerror or error}") from error
        return guarded(stream.read, stream.close, lambda error: f"{file.path}: {error}")

    file = File(place(name, head), info.st_size, to_time(info.st_mtime), name)
    return Source(name, [file], opener, mount=f"a single file, placed at {file.path}", place=path.parent)


def place(name: str, head: bytes) -> str:
    """Return the Windows path of a file by its base name and its first bytes."""
    text = text_of(head)
    own = windows_part(name.replace("\\", "/").rpartition("/")[2]) or "file"
    by_name = _BY_NAME.get(own.lower())  # malformed or not: its problems are to be told
    if not any(start in text for start in _CONFIGURATION):
        return by_name or rf"{UNKNOWN}\{own}"
    if _TRANSFORM.search(text):
        return rf"{WWWROOT}\{own}"
    config = re.search(r"\.config\b", own, re.IGNORECASE) is not None  # `web.config.bak`
    return _server_file(text) or by_name or (rf"{WWWROOT}\web.config" if config else rf"{UNKNOWN}\{own}")


def _server_file(text: str) -> str | None:
    """Recognise the configuration files that a server has once."""
    if re.search(r"<system\.applicationHost\b|<sectionGroup\s+name\s*=\s*[\"']system\.applicationHost", text):
        express = "%iis_bin%" in text.lower() or "iisexpress" in text.lower()
        return rf"{EXPRESS}\applicationhost.config" if express else rf"{CONFIG}\applicationHost.config"
    if "<moduleProviders" in text:
        return rf"{CONFIG}\administration.config"
    if "<configurationRedirection" in text:
        return rf"{CONFIG}\redirection.config"
    if re.search(r"<sectionGroup\s+name\s*=\s*[\"']system\.web[\"']", text):
        return rf"{_DOTNET}\machine.config"
    root = "<httpModules" in text and "OutputCache" in text and "<trustLevel" in text
    return rf"{_DOTNET}\web.config" if root else None
