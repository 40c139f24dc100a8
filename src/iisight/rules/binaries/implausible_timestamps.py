"""IIS218: a file older than its own making, with the time of its neighbours."""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta

from iisight.evidence import paths
from iisight.inventory.inventory import Inventory
from iisight.model.binary import Binary
from iisight.model.component import Kind
from iisight.model.finding import Confidence, Finding, Severity
from iisight.model.rule import RuleInfo
from iisight.rules._common import Options
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

Folders = Mapping[str, list[Binary]]


def check(inventory: Inventory, options: Options) -> Iterable[Finding]:
    """Yield every file that was linked after it was last modified."""
    times = sorted(b.modified for b in inventory.binaries if b.modified is not None)
    if not times or times[-1] - times[0] < _SPREAD:
        return
    folders: dict[str, list[Binary]] = {}
    for binary in inventory.binaries:
        folders.setdefault(paths.fold(paths.parent(binary.path)), []).append(binary)
    days, least = (timedelta(days=int(str(options["days"]))), int(str(options["neighbours"])))
    for component, binary, _ in strangers(inventory, *dict.fromkeys(_KINDS)):
        linked = _link_time(binary)
        if linked is None or binary.modified is None or not binary.modified + _UNIT < linked <= times[-1] + _UNIT:
            continue
        alike, later = _neighbours(binary, folders)
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


def _neighbours(binary: Binary, folders: Folders) -> tuple[int, bool]:
    """Count the files of the folder with the same time, and tell whether any of them was linked later as well.

    Unpackers of some archives give every file one made-up time: then the neighbours are as implausible.
    """
    assert binary.modified is not None  # noqa: S101  the caller has looked
    second = int(binary.modified.timestamp())
    others = [b for b in folders[paths.fold(paths.parent(binary.path))] if b.path != binary.path]
    alike = [b for b in others if b.modified is not None and int(b.modified.timestamp()) == second]
    stamps = [b.image.timestamp for b in alike if b.image is not None and b.image.timestamp is not None]
    return len(stamps), any(stamp > binary.modified + _UNIT for stamp in stamps)
