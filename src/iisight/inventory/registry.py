"""The registry of the evidence: its hives found, put together, and asked without anything being lost in silence."""

import re
from collections.abc import Iterator

from iisight.evidence import paths
from iisight.evidence.source import MAX_READ, File, Source
from iisight.model.coverage import Gap, GapKind
from iisight.model.errors import EvidenceError, ParseError
from iisight.model.locator import Locator
from iisight.model.registry import Key, Registry
from iisight.parsers.registry import Hive, HiveRegistry, is_hive, recover

SYSTEM, SOFTWARE = r"HKLM\SYSTEM", r"HKLM\SOFTWARE"
SERVICES = rf"{SYSTEM}\CurrentControlSet\Services"
CONTROL = rf"{SYSTEM}\CurrentControlSet\Control"
MICROSOFT = rf"{SOFTWARE}\Microsoft"
_PLACE = re.compile(r"^([a-z]:)\\windows\\system32\\config\\(system|software)$")
_MAX_LOG = 64 * 1024**2  # bytes
_ABSENT = {
    SYSTEM: "services of IIS, their environment, event channels and URL reservations are not known",
    SOFTWARE: "COM classes, process hooks, event channels and the version of IIS are not known",
}


class Asked:
    """A registry that is asked; what cannot be read becomes a gap."""

    def __init__(self, registry: Registry, gaps: list[Gap]) -> None:
        """Ask `registry`, and tell `gaps`."""
        self._registry = registry
        self._gaps = gaps

    @property
    def hives(self) -> tuple[str, ...]:
        """Return the hives that are there."""
        return tuple(hive for hive in (SOFTWARE, SYSTEM) if self._registry.holds(hive))

    def holds(self, hive: str) -> bool:
        """Tell whether a hive is there."""
        return self._registry.holds(hive)

    def key(self, path: str) -> Key | None:
        """Return a key, None for one that is not there or not readable."""
        try:
            key = self._registry.key(path)
        except ParseError as error:
            self._gaps.append(Gap(GapKind.MALFORMED, path, str(error)))
            return None
        if key is not None and key.lost:
            self._gaps.append(Gap(GapKind.MALFORMED, key.path, "values or subkeys that cannot be read", key.lost))
        return key

    def below(self, path: str) -> Iterator[Key]:
        """Yield the subkeys of a key in the order of their names."""
        key = self.key(path)
        for name in sorted(key.subkeys, key=str.upper) if key is not None else ():
            found = self.key(f"{path}\\{name}")
            if found is not None:
                yield found


def absent(asked: Asked | None, drive: str) -> Iterator[Gap]:
    """Yield a gap for each hive that is not there."""
    for hive, unknown in _ABSENT.items():
        if asked is None or not asked.holds(hive):
            path = rf"{drive}\Windows\System32\config\{hive.rpartition(chr(92))[2]}"
            yield Gap(GapKind.MISSING, path, f"registry hive not in the evidence: {unknown}")


def find_registry(source: Source, gaps: list[Gap]) -> tuple[str, Registry] | None:
    """Return the drive and the registry of the evidence, None when it holds no hive; of several drives the first."""
    found: dict[str, dict[str, File]] = {}
    for file in source.named("SYSTEM", "SOFTWARE"):
        match = _PLACE.match(paths.fold(file.path))
        if match is not None:
            found.setdefault(match[1].upper(), {})[rf"HKLM\{match[2].upper()}"] = file
    for drive in sorted(found)[1:]:
        reason = "another drive has a registry as well: that of the first is used"
        gaps.extend(Gap(GapKind.REFUSED, file.path, reason) for file in found[drive].values())
    for drive in sorted(found)[:1]:
        read = {mount: _hive(source, file, gaps) for mount, file in sorted(found[drive].items())}
        return drive, HiveRegistry({mount: hive for mount, hive in read.items() if hive is not None})
    return None


def _hive(source: Source, file: File, gaps: list[Gap]) -> Hive | None:
    if file.size > MAX_READ:
        gaps.append(Gap(GapKind.REFUSED, file.path, f"larger than {MAX_READ:,} bytes: the rest is not read"))
    try:
        data = source.read(file)
        recovered = recover(data, _logs(source, file, gaps) if is_hive(data) else ())
        if recovered.is_dirty and not recovered.applied:
            reason = "was not closed, and no transaction log of it fits: its last changes are not known"
            gaps.append(Gap(GapKind.MALFORMED, file.path, reason))
        return Hive(recovered.data, Locator(file.path, origin=file.origin))
    except EvidenceError as error:
        gaps.append(Gap(GapKind.UNREADABLE, file.path, str(error)))
    except ParseError as error:
        gaps.append(Gap(GapKind.MALFORMED, file.path, error.message))
    return None


def _logs(source: Source, file: File, gaps: list[Gap]) -> Iterator[bytes]:
    for suffix in (".LOG1", ".LOG2", ".LOG"):
        log = source.find(file.path + suffix)
        if log is not None:
            try:
                yield source.read(log, _MAX_LOG)
            except EvidenceError as error:
                gaps.append(Gap(GapKind.UNREADABLE, log.path, str(error)))
