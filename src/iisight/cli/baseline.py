"""`iisight baseline save|show`."""

import argparse
from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from iisight.cli import _options, _settings, _sides, diff
from iisight.cli._output import output
from iisight.cli.main import CLEAN
from iisight.engine.baseline import approvals, sealed, signed_off
from iisight.engine.settings import NOT_READ
from iisight.engine.verdicts import BAD
from iisight.model.baseline import Baseline
from iisight.model.errors import UsageError
from iisight.report.json import canonical, to_json
from iisight.report.safe import escape


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    save = actions.add_parser("save", help="keep a state that somebody signs off")
    save.add_argument("evidence", metavar="EVIDENCE|REPORT", help="as for scan, or a report of `scan --format json`")
    for name, text in (("name", "of the state"), ("by", "who signs it off"), ("reason", "why it is good")):
        save.add_argument(f"--{name}", required=True, help=text)
    save.add_argument("--when", metavar="ISO8601", help="time of the signing (default: now)")
    save.add_argument("--output", "-o", metavar="FILE", help="write there instead of to the terminal")
    _sides.key_argument(save)
    _settings.arguments(save)
    diff.evidence_arguments(save)
    show = actions.add_parser("show", help="say what a baseline holds, and whether it was edited")
    show.add_argument("file", metavar="FILE", help="a baseline; `-` is standard input")
    _sides.key_argument(show)


def run(parsed: argparse.Namespace) -> int:
    """Do what is asked."""
    key = _sides.key_of(parsed)
    return _save(parsed, key) if parsed.action == "save" else _show(_sides.baseline(parsed.file, key), key)


def _save(parsed: argparse.Namespace, key: bytes | None) -> int:
    for name in ("name", "by", "reason"):
        if not getattr(parsed, name).strip():
            raise UsageError(f"--{name}: it is kept in the baseline, and may not be empty")
    when = _options.iso_time("--when", parsed.when) or datetime.now(UTC).replace(microsecond=0).isoformat()
    report = diff.side(parsed.evidence, parsed)
    if isinstance(report, Baseline):
        raise UsageError(f"{parsed.evidence}: a baseline already")
    state = signed_off(report, parsed.name.strip(), parsed.by.strip(), parsed.reason.strip(), when)
    state = replace(state, seal=sealed(canonical(to_json(state), "seal"), key))
    given = Path(parsed.evidence)
    with output(parsed.output, *([given] if given.is_dir() else [])) as stream:
        stream.write(to_json(state).decode("utf-8"))
    return CLEAN


def _show(state: Baseline, key: bytes | None) -> int:
    report = state.report
    seal = "sealed with this key" if key else "sealed with a key (--key), not checked" if state.seal.hmac else "no key"
    _say(state.signed)
    _say(f"evidence    {report.evidence} (iisight {report.version})")
    _say(f"integrity   content fits the digest {state.seal.sha256[:16]}; {seal}")
    found = Counter(judged.verdict for judged in report.components)
    _say(f"components  {len(report.components):,}: " + ", ".join(f"{found[v]:,} {v}" for v in sorted(found)))
    unread = sum(trust.sha256 == NOT_READ for trust in approvals(state).values())
    if unread:
        _say(f"not bound   {unread:,} whose file was not read: they are not approved")
    for judged in report.components:
        if judged.verdict in BAD:
            _say(f"despite     {judged.verdict} {judged.component.kind} '{judged.component.name}': stays so")
    _say(f"not read    {sum(gap.count for gap in report.gaps):,} things")
    return CLEAN


def _say(text: str) -> None:
    print(escape(text))  # noqa: T201
