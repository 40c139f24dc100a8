"""A moment with what it is about, and the weight that findings give it."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from iisight.model.finding import Finding
from iisight.model.locator import Locator
from iisight.model.story import Moment


@dataclass(frozen=True, slots=True)
class Tale:
    """One moment, the components it is about, and whether the server's timeline has it too."""

    moment: Moment
    components: tuple[str, ...] = ()
    in_timeline: bool = True


def weighed(tales: Iterable[Tale], findings: Iterable[Finding]) -> Iterator[Tale]:
    """Yield tales with the weight of the findings whose evidence is the moment's place, suppressed ones apart."""
    resting: dict[Locator, list[Finding]] = defaultdict(list)
    for finding in findings:
        for evidence in finding.evidence if finding.suppressed is None else ():
            resting[evidence.locator].append(finding)
    for tale in tales:
        place = tale.moment.locator
        found = resting.get(place, []) if place is not None else []
        yield replace(tale, moment=_heavier(tale.moment, found)) if found else tale


def _heavier(moment: Moment, found: list[Finding]) -> Moment:
    weight = max((moment.weight, *(f.severity for f in found)), key=lambda s: s.rank)
    return replace(moment, weight=weight, rules=tuple(sorted({*moment.rules, *(f.rule for f in found)})))
