"""The deep look that is asked for: capa over the files of the components that are most in doubt."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path

from iisight.evidence.source import Source
from iisight.examine.capa import look
from iisight.inventory.binaries import content
from iisight.model.binary import Binary
from iisight.model.component import Verdict
from iisight.model.coverage import Gap, GapKind
from iisight.model.examination import CapaMatch, Examination
from iisight.model.progress import Progress
from iisight.model.report import Judged

_DOUBTED = (Verdict.MALICIOUS, Verdict.SUSPICIOUS, Verdict.UNVERIFIED)


@dataclass(frozen=True, slots=True)
class Deep:
    """What to look with, and how long."""

    rules: Path  # folder of capa's rules
    seconds: float = 120.0  # for one file
    files: int = 10  # at most, the worst components' first


def look_deep(
    judged: Iterable[Judged], source: Source, deep: Deep, progress: Progress
) -> tuple[tuple[Judged, ...], tuple[Gap, ...]]:
    """Return the components with what capa found, and what it was not asked or could not tell."""
    components = tuple(judged)
    doubted = {
        j.component.binary.sha256: j.component.binary for j in components if _is_doubted(j) and j.component.binary
    }
    gaps: list[Gap] = []
    found: dict[str, tuple[CapaMatch, ...]] = {}
    for done, (name, binary) in enumerate(list(doubted.items())[: deep.files]):
        progress("capa", done, min(len(doubted), deep.files))
        file = source.find(binary.path)
        data = None if file is None else content(source, file, gaps)
        if data is not None:
            found[name], problem = look(data, deep.rules, deep.seconds)
            gaps += [Gap(GapKind.FAILED, binary.path, problem)] if problem else []
    if len(doubted) > deep.files:
        reason = f"capa was run on the {deep.files} files most in doubt alone"
        gaps.append(Gap(GapKind.REFUSED, "capa", reason, len(doubted) - deep.files))
    return tuple(_with_matches(j, found) for j in components), tuple(gaps)


def _is_doubted(judged: Judged) -> bool:
    binary = judged.component.binary
    return judged.verdict in _DOUBTED and binary is not None and binary.image is not None


def _with_matches(judged: Judged, found: dict[str, tuple[CapaMatch, ...]]) -> Judged:
    binary = judged.component.binary
    matches = found.get(binary.sha256) if binary is not None else None
    if binary is None or matches is None:
        return judged
    examination = replace(binary.examination or Examination(), capa=matches)
    changed: Binary = replace(binary, examination=examination)
    return replace(judged, component=replace(judged.component, binary=changed))
