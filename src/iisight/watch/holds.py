"""Whether what a change says is so, is so in a report: of components, their files, and settings that came or went."""

from collections.abc import Iterable, Iterator

from iisight.engine.compare.settings import told_as
from iisight.evidence.paths import fold
from iisight.model.comparison import Change, Topic, Turn
from iisight.model.report import Report

_ONE_SIDED = (Turn.ADDED, Turn.REMOVED)


def not_so(changes: Iterable[Change], report: Report) -> Iterator[Change]:
    """Yield the changes of which a report says otherwise; those of which it cannot be told are passed over."""
    components = [judged.component for judged in report.components]
    ids = {component.id for component in components}
    files = {fold(b.path): b.sha256 for c in components for b in (c.binary, c.twin) if b is not None}
    stated = {(said.section, *told_as(said)) for said in report.stated or ()}
    for change in changes:
        is_there = change.turn is Turn.ADDED
        if change.topic is Topic.COMPONENT and change.turn in _ONE_SIDED:
            is_so = (change.subject in ids) is is_there
        elif change.topic is Topic.BINARY and change.turn is Turn.CHANGED and change.new is not None:
            is_so = files.get(fold(change.subject), "?") in (change.new.text, "?") or _is_named(files, change)
        elif change.topic in (Topic.SETTING, Topic.LOGGING) and change.turn in _ONE_SIDED:
            is_so = report.stated is None or _is_stated(stated, change) is is_there
        else:
            continue
        if not is_so:
            yield change


def _is_named(files: dict[str, str], change: Change) -> bool:
    """Tell whether the text of a replaced file names the content it has."""
    return change.new is not None and f"sha256 {files[fold(change.subject)]}" in change.new.text


def _is_stated(stated: set[tuple[str, str, str]], change: Change) -> bool:
    side = change.new or change.old
    text = "" if side is None else side.text
    return any(
        section == change.subject and text == said and change.what.startswith(f"{named} is ")
        for section, named, said in stated
    )
