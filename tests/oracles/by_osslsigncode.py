"""What osslsigncode says of a file's signatures."""

import re
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

_TIMEOUT = 120  # seconds; a file takes a quarter of one
_PART = re.compile(r"^Signature Index: \d+", re.MULTILINE)
_SIGNER = re.compile(r"Signer's certificate:.*?Subject: ([^\n]*)", re.DOTALL)
_NAME = re.compile(r"/CN=([^/\n]*)")
_MISMATCH = re.compile(r"\bMISMATCH\b")
_TIME = re.compile(r"^\s*Timestamp time: (.*)$", re.MULTILINE)
_ERROR = re.compile(
    r"^.*\b(?:error|failed|invalid|expired|mismatch|corrupt\w*|unable|unsupported)\b.*$", re.MULTILINE | re.IGNORECASE
)


@dataclass(frozen=True, slots=True)
class SigncodeVerdict:
    """One signature of a file; `error` is what osslsigncode complained of."""

    result: str  # `ok`, `failed`, `mismatch` (digest of the file), `unsigned`
    error: str = ""
    signer: str = ""  # common name
    stamp_ok: bool | None = None  # None: no timestamp
    signed_at: str = ""  # as it prints it: `Nov  6 09:02:52 2020 GMT`


def is_there() -> bool:
    """Tell whether the program can be run."""
    return shutil.which("osslsigncode") is not None


def verify(path: Path, roots: Path) -> list[SigncodeVerdict]:
    """Return one verdict for each signature, nested ones too; one `unsigned` when there is none."""
    command = ["osslsigncode", "verify", "-ignore-cdp", "-ignore-crl", "-CAfile", str(roots), "-TSA-CAfile", str(roots)]
    done = subprocess.run([*command, "-in", str(path)], capture_output=True, timeout=_TIMEOUT, check=False)
    text = (done.stdout + done.stderr).decode("utf-8", "replace")
    return list(_verdicts(text)) or [SigncodeVerdict("unsigned", _complaints(text))]


def _verdicts(text: str) -> Iterator[SigncodeVerdict]:
    for part in _PART.split(text)[1:]:
        name = _SIGNER.search(part)
        at = _TIME.search(part)
        stamped = re.search(r"Timestamp Server Signature verification: (\w+)", part)
        yield SigncodeVerdict(
            _result(part),
            _complaints(part),
            ([*_NAME.findall(name.group(1)), ""])[-2] if name and "/CN=" in name.group(1) else "",
            None if at is None and stamped is None else bool(stamped and stamped.group(1) == "ok"),
            at.group(1) if at else "",
        )


def _result(part: str) -> str:
    if _MISMATCH.search(part):
        return "mismatch"
    return "ok" if re.search(r"^Signature verification: ok", part, re.MULTILINE) else "failed"


def _complaints(text: str) -> str:
    return "; ".join(dict.fromkeys(line.strip() for line in _ERROR.findall(text)))[:400]
