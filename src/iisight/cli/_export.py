"""`iisight rules export`."""

import argparse
from pathlib import Path

from iisight.cli.main import CLEAN, INCOMPLETE
from iisight.engine.registry import all_rules, find_rule
from iisight.export.kinds import KINDS, UNSAID, export
from iisight.export.made import Export, Unsaid
from iisight.export.material import SigmaText
from iisight.model.errors import UsageError
from iisight.report.safe import escape

MAX_SHOWN = 200  # reasons, and rules of each


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument("--to", required=True, choices=KINDS, metavar="KIND", help=_help())
    parser.add_argument(
        "-o", "--output", type=Path, metavar="DIR", help="folder, made if need be (default: iisight-KIND)"
    )
    parser.add_argument("--include", nargs="+", default=[], metavar="RULE", help="ids or names; none: all")
    parser.add_argument(
        "--rules",
        type=Path,
        action="append",
        default=[],
        metavar="FILE|DIR",
        help="your own Sigma rules, as queries too",
    )


def run(parsed: argparse.Namespace) -> int:
    """Write the files; say what was written and what could not be said, and why."""
    chosen = [find_rule(text) for text in parsed.include] or list(all_rules())
    unread: list[Unsaid] = []
    user = _user(parsed.rules, unread)
    made = export(parsed.to, list({rule.info.id: rule for rule in chosen}.values()), user, unread)
    folder = parsed.output or Path(f"iisight-{parsed.to}")
    _write(made, folder)
    unsaid = made.unsaid
    reasons: dict[str, list[str]] = {}
    for each in unsaid:
        reasons.setdefault(each.reason, []).append(each.rule)
    for reason, rules in list(reasons.items())[:MAX_SHOWN]:
        _say(f"not expressed: {escape(', '.join(rules[:MAX_SHOWN]))}: {escape(reason)}")
    if len(reasons) > MAX_SHOWN:
        _say(f"and for {len(reasons) - MAX_SHOWN:,} more reasons: {UNSAID} has them all")
    _say(f"{len(made.files):,} files in {escape(str(folder))}; {len(unsaid):,} not expressed")
    asked = unsaid if parsed.include else [each for each in unsaid if each.asked]
    return INCOMPLETE if asked else CLEAN


def _help() -> str:
    return "; ".join(f"{name}: {what}" for name, what in KINDS.items()).replace("%", "%%")


def _user(paths: list[Path], unread: list[Unsaid]) -> list[SigmaText]:
    """Return the user's texts under names that cannot leave the folder."""
    from iisight.sigma.load import user_texts
    from iisight.sigma.rule import NotEvaluated

    failed: list[NotEvaluated] = []
    texts = [
        SigmaText(f"user-{number:04}-{_stem(Path(name).stem)}", text)
        for number, (name, text) in enumerate(user_texts(paths, failed), 1)
    ]
    unread += [Unsaid(each.name, "", each.reason, asked=True) for each in failed]
    return texts


def _stem(text: str) -> str:
    kept = "".join(char if char.isascii() and char.isalnum() else "_" for char in text.lower())
    return kept[:60]


def _write(made: Export, folder: Path) -> None:
    if folder.exists() and not folder.is_dir():
        raise UsageError(f"-o {folder}: it is no folder")
    folder.mkdir(parents=True, exist_ok=True)
    for name, data in made.files:
        (folder / name).write_bytes(data)


def _say(text: str) -> None:
    print(text)  # noqa: T201
