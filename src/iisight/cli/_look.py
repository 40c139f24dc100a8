"""Options that say how closely binaries are looked at."""

import argparse
from dataclasses import replace
from pathlib import Path

from iisight.cli import _options
from iisight.engine.deep import Deep
from iisight.examine.capa import check_installed
from iisight.examine.look import Look
from iisight.examine.setup import Setup
from iisight.model.errors import UsageError

_FILES = (
    ("--catalogues", "DIR", "signature catalogues (.cat) beside those of CatRoot in the evidence"),
    ("--root", "FILE", "certificate (PEM or DER) to trust as a root, beside those of Windows"),
    ("--revoked", "FILE", "revoked certificates: thumbprints, one to a line, or a CRL"),
    ("--yara", "FILE|DIR", "YARA rules of your own"),
)
MAX_SIZE = 64 * 1024 * 1024  # bytes of a file that the user gives


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    group = parser.add_argument_group("binaries")
    for name, metavar, text in _FILES:
        group.add_argument(name, metavar=metavar, help=text, action="append", default=[], type=Path)
    group.add_argument("--cache", metavar="DIR", type=Path, help="keep what was found in binaries for the next run")
    group.add_argument("--capa", metavar="RULES", type=Path, help="have capa look at the files most in doubt (minutes)")
    group.add_argument("--workers", metavar="N", type=int, help="worker processes (default: one for each processor)")


def look(parsed: argparse.Namespace) -> Look:
    """Return what the options say. Raises UsageError for a file that cannot be used."""
    workers = _options.workers(parsed)
    for path in (*parsed.catalogues, *parsed.yara):
        if not path.exists():
            raise UsageError(f"{path}: there is no such file or folder")
    setup = Setup(
        roots=tuple(_read(path) for path in parsed.root),
        revoked=tuple(_read(path) for path in parsed.revoked),
        at=_options.utc_time("--time", parsed.time),
    )
    if setup.roots or setup.revoked:
        from iisight.examine.trust import load_trust

        load_trust(setup.roots, setup.revoked)  # says now what is wrong with a file
    problems: tuple[str, ...] = ()
    if parsed.yara:
        from iisight.examine.yara import compile_rules
        from iisight.examine.yara_sources import read_rules

        texts, problems = read_rules(parsed.yara)
        setup = replace(setup, rules=compile_rules(texts))
    return Look(setup, workers, parsed.cache, tuple(parsed.catalogues), problems)


def deep(parsed: argparse.Namespace) -> Deep | None:
    """Return the deep look, if one is asked for. Raises UsageError when capa is not there."""
    if parsed.capa is None:
        return None
    check_installed(parsed.capa)
    return Deep(parsed.capa)


def _read(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            data = file.read(MAX_SIZE + 1)
    except OSError as error:
        raise UsageError(f"{path}: {error.strerror}") from error
    if len(data) > MAX_SIZE:
        raise UsageError(f"{path}: larger than {MAX_SIZE} bytes")
    return data
