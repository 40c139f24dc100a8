"""The page that lies beside the scripts and policies: what they are, in which order, what a person has to decide."""

from collections.abc import Iterable, Iterator, Sequence

from iisight.model.remedy import Cause, LeftOut, Remedies
from iisight.report.policies.applocker import is_by_publisher
from iisight.report.policies.quoting import code_span, plain
from iisight.report.policies.wdac import is_by_signer
from iisight.report.policies.written import VERIFIED, Written, static

MAX_LISTED = 500  # lines of one list


def readme(remedies: Remedies, files: Sequence[Written]) -> Written:
    """Return the page."""
    lines = [f"# What would answer the checks of {plain(remedies.evidence) or 'this server'}", ""]
    lines += [f"Written by iisight {plain(remedies.version)}. Nothing here was run, and nothing runs by itself.", ""]
    lines += _section("Files, in this order", _files(files))
    lines += ["## How", "", static("how.md").rstrip(), ""]
    lines += _section("To be decided before", _questions(remedies))
    lines += _section("Left to a person", _by_hand(remedies))
    lines += _section("Allowed by the policies", _allowed(remedies))
    unverified = [entry for entry in remedies.left_out if entry.verdict not in VERIFIED]
    others = [entry for entry in remedies.left_out if entry.verdict in VERIFIED]
    lines += _section("Not verified, and so allowed by none", _left_out(unverified))
    lines += _section("Verified, with no file here to make a rule of", _left_out(others))
    lines += _section("Not written", _refused(remedies, files))
    return Written("README.md", "\n".join(lines).rstrip() + "\n", "This page")


def _section(title: str, entries: Iterable[str]) -> Iterator[str]:
    found = list(entries)
    if not found:
        return
    yield from (f"## {title}", "")
    yield from (f"- {entry}" for entry in found[:MAX_LISTED])
    if len(found) > MAX_LISTED:
        yield f"- and {len(found) - MAX_LISTED:,} more"
    yield ""


def _files(files: Sequence[Written]) -> Iterator[str]:
    for file in files:
        checks = f" ({', '.join(file.checks)})" if file.checks else ""
        yield f"{code_span(file.name)}: {file.purpose}{checks}"


def _questions(remedies: Remedies) -> Iterator[str]:
    """Yield each question once, with the check by which it is accepted."""
    causes = (change.cause for change in remedies.changes if change.cause.question)
    for check, question in sorted({(cause.check, cause.question) for cause in causes}):
        yield f"`-Accept {check}`: {plain(question)}"


def _by_hand(remedies: Remedies) -> Iterator[str]:
    for remedy in remedies.by_hand:
        yield f"{_said(remedy.cause)} {plain(remedy.remedy)}."


def _said(cause: Cause) -> str:
    check = f"{cause.check} {cause.answer}: " if cause.check else ""
    return f"{check}{plain(cause.message)}."


def _allowed(remedies: Remedies) -> Iterator[str]:
    for image in remedies.allowed:
        control = "signer and name" if is_by_signer(image) else "hash"
        locker = "publisher, product and name" if is_by_publisher(image) else "hash"
        yield f"{code_span(image.path)}, {plain(image.verdict)}: App Control by {control}, AppLocker by {locker}"


def _left_out(entries: Iterable[LeftOut]) -> Iterator[str]:
    for entry in entries:
        users = f" of {code_span(', '.join(entry.components))}" if entry.components else ""
        yield f"{code_span(entry.name)}{users}, {plain(entry.verdict)}: {plain(entry.why)}"


def _refused(remedies: Remedies, files: Iterable[Written]) -> Iterator[str]:
    if not remedies.allowed:
        yield "`wdac.xml` and `applocker.xml`: no file here is verified, and a policy that allows none is of no use"
    for file in files:
        for entry in file.refused:
            yield f"{code_span(file.name)}, {entry.check}: {code_span(entry.what)}, for {plain(entry.why)}"
