"""Reports, baselines and evidence as arguments. Shared by `diff`, `baseline`, `scan` and `show`."""

import argparse
import sys
from pathlib import Path

from iisight.engine.baseline import broken
from iisight.model.baseline import Baseline
from iisight.model.errors import EvidenceError, UsageError
from iisight.model.report import Report
from iisight.report.json import MAX_SIZE, canonical, decode, decode_baseline, is_baseline

MAX_KEY = 64 * 1024  # bytes of a key
MIN_KEY = 16


def key_argument(parser: argparse.ArgumentParser) -> None:
    """Declare the option that names the key of baselines."""
    parser.add_argument("--key", metavar="FILE", help="secret bytes with which baselines are sealed (HMAC-SHA256)")


def key_of(parsed: argparse.Namespace) -> bytes | None:
    """Return the key, if one was given. Raises UsageError."""
    if parsed.key is None:
        return None
    try:
        with Path(parsed.key).open("rb") as file:
            key = file.read(MAX_KEY + 1)
    except OSError as error:
        raise UsageError(f"--key {parsed.key}: {error.strerror}") from error
    if not MIN_KEY <= len(key) <= MAX_KEY:
        raise UsageError(f"--key {parsed.key}: a key has {MIN_KEY} to {MAX_KEY} bytes")
    return key


def saved(name: str, key: bytes | None) -> Report | Baseline | None:
    """Return the report or baseline in a file, None when it is neither: evidence. Raises IisightError."""
    if name == "-":
        return _decoded(read(name), name, key)
    path = Path(name)
    if not path.is_file():
        return None
    with path.open("rb") as file:
        start = file.read(64).lstrip(b"\xef\xbb\xbf \t\r\n")
    return _decoded(read(name), name, key) if start.startswith(b"{") else None


def baseline(name: str, key: bytes | None) -> Baseline:
    """Return the baseline in a file. Raises UsageError for anything else, and for one that was edited."""
    found = saved(name, key)
    if not isinstance(found, Baseline):
        raise UsageError(f"{name}: not a baseline; `iisight baseline save` writes one")
    return found


def read(name: str) -> bytes:
    """Return the bytes of a report; `-` is standard input. Raises EvidenceError."""
    try:
        if name == "-":
            data = sys.stdin.buffer.read(MAX_SIZE + 1)
        else:
            with Path(name).open("rb") as file:
                data = file.read(MAX_SIZE + 1)
    except OSError as error:
        raise EvidenceError(f"{name}: {error.strerror}") from error
    if len(data) > MAX_SIZE:
        raise EvidenceError(f"{name}: larger than {MAX_SIZE} bytes: not a report")
    return data


def _decoded(data: bytes, name: str, key: bytes | None) -> Report | Baseline:
    if not is_baseline(data, name):
        return decode(data, name)
    found = decode_baseline(data, name)
    wrong = broken(found.seal, canonical(data, "seal"), key)
    if wrong:
        raise EvidenceError(f"{name}: this baseline cannot be relied on: {wrong}")
    return found
