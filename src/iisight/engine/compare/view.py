"""One side of a comparison, ready to be asked: what it has, and whether what it lacks is really not there."""

import ntpath
from collections.abc import Iterator

from iisight.evidence import paths
from iisight.model.binary import Binary
from iisight.model.component import Component
from iisight.model.coverage import Gap, GapKind
from iisight.model.report import Report

_HOST_ROLES = ("applicationHost.config", "applicationHost.config beside its redirection")
_PROGRAMS = frozenset({".dll", ".exe", ".ocx"})
_NOT_THERE = (GapKind.MISSING, GapKind.UNRESOLVED)
SYSTEM_DRIVE = "%systemdrive%"


class View:
    """A report with its lookups.

    `drive` is the system drive when the other report has another one, else empty; `alike` says that the evidence of
    both was taken for the same, so that each would hold what the other has, but for its gaps; `one_place` that it was
    the same, so that what is missing in it was not there.
    """

    def __init__(self, report: Report, drive: str = "", *, alike: bool = False, one_place: bool = False) -> None:
        """Index the report."""
        self.report = report
        self.one_place = one_place
        self._alike = alike or one_place
        self._drive = drive.lower()
        self._files = {self.path(file.path): file for file in report.files}
        gaps = (gap for gap in sorted(report.gaps, reverse=True) if not (one_place and gap.kind in _NOT_THERE))
        self._gaps = {self.path(gap.subject): gap for gap in gaps}
        self._failed = sorted(gap for gap in report.gaps if gap.kind is GapKind.FAILED)
        self.rules = frozenset(info.id for info in report.rules)
        self.components = {j.component.id: j.component for j in report.components}
        self.binaries = dict(_binaries(self))
        self.has_twins = any(component.twin is not None for component in self.components.values())
        self._folders = {ntpath.dirname(path) for path in self.binaries}
        roots = {self.path(a.physical_path) for s in report.sites for a in s.applications if a.physical_path}
        self._content = frozenset(roots)

    def path(self, path: str) -> str:
        """Return the key of a Windows path, the same on both sides for the same file of the server."""
        folded = paths.fold(path)
        return SYSTEM_DRIVE + folded[2:] if self._drive and folded[:2] == self._drive else folded

    def text(self, text: str) -> str:
        """Return the key of a value in which the system drive may stand at the start."""
        return self.path(text) if self._drive and text[:2].lower() == self._drive else text

    def unread(self, path: str) -> str:
        """Return why it cannot be told whether something that would stand in a file is there; empty when it can."""
        key = self.path(path)
        file = self._files.get(key)
        if file is not None:
            return f"{file.path} is malformed" if file.malformed else ""
        gap = self._gap(key)
        if gap is not None:
            return f"{gap.subject}: {gap.reason}"
        if not self.report.files:
            return "no configuration was read"
        if self._alike or ntpath.basename(key) == "web.config" or self._is_below_content(key):
            return ""
        if ntpath.splitext(key)[1] in _PROGRAMS:
            return "" if ntpath.dirname(key) in self._folders else "no program of that folder was read"
        return f"{path} was not read"

    def lacks(self, component: Component) -> str:
        """Return why it cannot be told whether a component of the other side is there; empty when it is not there."""
        for gap in self._failed:
            if gap.subject.startswith(f"{component.server}: ") or (gap.subject == "sleepers" and not component.match):
                return f"{gap.subject}: {gap.reason}"
        places = [r.locator.path for r in component.registrations] or [component.image or ""]
        return next((reason for reason in map(self.unread, sorted(set(places))) if reason), "")

    def has_beside(self, folder: str) -> bool:
        """Tell whether the evidence has an application's content in the folder above: so it would have this one too."""
        if self.one_place:
            return self._gap(self.path(folder)) is None
        above = ntpath.dirname(self.path(folder))
        return any(ntpath.dirname(root) == above and self._gap(root) is None for root in self._content)

    def failed(self, rule: str) -> bool:
        """Tell whether a rule was not run, or failed."""
        return rule not in self.rules or any(gap.subject == rule for gap in self._failed)

    def _gap(self, key: str) -> Gap | None:
        """Return the gap that a path falls into: its own, or that of a folder above it."""
        while key not in self._gaps:
            above = ntpath.dirname(key)
            if above == key:
                return None
            key = above
        return self._gaps[key]

    def _is_below_content(self, key: str) -> bool:
        """Tell whether a path lies in the folder of an application; folders not in the evidence are gaps."""
        while key not in self._content:
            above = ntpath.dirname(key)
            if above == key:
                return False
            key = above
        return True


def views(old: Report, new: Report, *, one_place: bool = False) -> tuple[View, View]:
    """Return both sides; when their system drives differ, paths on them are taken for the same."""
    drives = _system_drive(old), _system_drive(new)
    if one_place or not all(drives) or drives[0] == drives[1]:
        drives = "", ""
    alike = old.mapping == new.mapping
    return (
        View(old, drives[0], alike=alike, one_place=one_place),
        View(new, drives[1], alike=alike, one_place=one_place),
    )


def _system_drive(report: Report) -> str:
    host = min((f.path for f in report.files if f.role in _HOST_ROLES), default="")
    return host[:2].lower()


def _binaries(view: View) -> Iterator[tuple[str, Binary]]:
    for judged in sorted(view.report.components, key=lambda j: j.component.id):
        for binary in (judged.component.binary, judged.component.twin):
            if binary is not None:
                yield view.path(binary.path), binary
