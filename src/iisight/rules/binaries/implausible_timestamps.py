"""IIS218: a file older than its own making, with the time of its neighbours."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta

from iisight.evidence import paths
from iisight.inventory.inventory import Inventory
from iisight.model.binary import Binary
from iisight.model.component import Kind
from iisight.model.finding import Confidence, Finding, Severity
from iisight.model.rule import RuleInfo
from iisight.rules._common import Options, number_of
from iisight.rules.binaries._examined import IN_PIPELINE, MANAGED, say, strangers
from iisight.rules.configuration._weights import NOTED, ODD

INFO = RuleInfo(
    id="IIS218",
    title="Implausible timestamps",
    severity=Severity.LOW,
    confidence=Confidence.LOW,
    mechanisms=("L-01", "L-02", "L-03", "L-04", "L-05", "L-06", "L-27"),
    attack=("T1505.004", "T1070.006"),
    options={"days": 30, "neighbours": 3},
)
_KINDS = (*IN_PIPELINE, *MANAGED, Kind.ISAPI_EXTENSION, Kind.SLEEPER)
_EARLIEST = datetime(1996, 1, 1, tzinfo=UTC)  # no IIS before
_UNIT = timedelta(days=1)  # clocks and time zones differ by less
_SPREAD = timedelta(hours=1)  # a copy of a server takes less, and sets all times anew

Moment = tuple[str, int]  # a folder and a second


def check(inventory: Inventory, options: Options) -> Iterable[Finding]:
    """Yield every file that was linked after it was last modified."""
    times = sorted(b.modified for b in inventory.binaries if b.modified is not None)
    if not times or times[-1] - times[0] < _SPREAD:
        return
    together = _together(inventory.binaries)
    days, least = timedelta(days=number_of(options, "days")), number_of(options, "neighbours")
    for component, binary, _ in strangers(inventory, *dict.fromkeys(_KINDS)):
        linked = _link_time(binary)
        if linked is None or binary.modified is None:
            continue
        if linked - binary.modified <= _UNIT or linked - times[-1] > _UNIT:
            continue
        alike, later = (count - 1 for count in together[_moment(binary)])
        message = (
            f"{binary.path} of {component.kind} '{component.name}' was linked on {linked:%Y-%m-%d} "
            f"and last modified on {binary.modified:%Y-%m-%d}, before that"
        )
        sure = alike >= least and not later and linked - binary.modified > days
        if sure:
            message += f", to the second as {alike} of its neighbours"
        yield say(INFO, component, binary, ODD if sure else NOTED, message)


def _link_time(binary: Binary) -> datetime | None:
    """Return the link time when it is one: no hash, not blank, and no other stamp of the file contradicts it."""
    anatomy = None if binary.examination is None else binary.examination.anatomy
    if anatomy is None or anatomy.is_reproducible or binary.image is None or binary.image.timestamp is None:
        return None
    linked = binary.image.timestamp
    agree = all(abs(time - linked) <= _UNIT for _, time in anatomy.times)
    return linked if linked >= _EARLIEST and agree else None


def _together(binaries: Iterable[Binary]) -> Mapping[Moment, Sequence[int]]:
    """Count, by folder and second, the files that were last modified then, and those of them that were linked later.

    Unpackers of some archives give every file one made-up time: then the neighbours are as implausible.
    """
    counts: dict[Moment, list[int]] = defaultdict(lambda: [0, 0])
    for binary in binaries:
        linked = None if binary.image is None else binary.image.timestamp
        if linked is not None and binary.modified is not None:
            count = counts[_moment(binary)]
            count[0] += 1
            count[1] += linked - binary.modified > _UNIT
    return counts


def _moment(binary: Binary) -> Moment:
    modified = 0 if binary.modified is None else int(binary.modified.timestamp())
    return paths.fold(paths.parent(binary.path)), modified
