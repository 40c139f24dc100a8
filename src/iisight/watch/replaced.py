"""What stands in the place of a file that was replaced: what its signature was worth before, and what it is now."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from iisight.evidence import paths
from iisight.model.binary import Binary
from iisight.model.comparison import Change, Topic, Turn
from iisight.model.report import Report
from iisight.model.signature import Signature, SignatureState


@dataclass(frozen=True, slots=True)
class Files:
    """The files of the components of two reports, and the programs there now that are no component, by folded path."""

    old: Mapping[str, Binary] = field(default_factory=dict)
    new: Mapping[str, Binary] = field(default_factory=dict)
    programs: Mapping[str, Binary] = field(default_factory=dict)

    def standing(self, change: Change) -> str:
        """Return from what to what signature and version of a replaced file went, of a program what they are now.

        Empty: it is neither.
        """
        pair, program = self._pair(change), self._program(change)
        if pair is None:
            return "" if program is None else f"{_worth(signature_of(program))}, version {_version(program)}"
        worth = _became(*(_worth(signature_of(binary)) for binary in pair))
        versions = [_version(binary) for binary in pair]
        return worth if versions[0] == versions[1] else f"{worth}, version {_became(*versions)}"

    def hashes(self, change: Change) -> str:
        """Return from what content to what a file went, of a program which it has now; empty: it is neither."""
        pair, program = self._pair(change), self._program(change)
        if pair is None:
            return "" if program is None else f"sha256 {program.sha256}"
        return f"sha256 {pair[0].sha256} → {pair[1].sha256}"

    def is_update(self, changes: Iterable[Change]) -> bool:
        """Tell whether all that was done is to put files that Microsoft signed in the place of others it signed.

        What a program was before was not read: that Microsoft signed it now is enough.
        """
        sets = [self._of(change) for change in changes if change.topic is not Topic.SIGNATURE]
        return bool(sets) and all(files and all(map(_is_microsoft, files)) for files in sets)

    def updated(self, changes: Iterable[Change]) -> str:
        """Return the sentence about an update: every file by name, and from what version to what they went."""
        replaced = {change.subject: files for change in changes if (files := self._of(change))}
        folders: dict[str, list[str]] = {}
        for path in sorted(replaced, key=paths.fold):
            folders.setdefault(paths.fold(paths.parent(path)), []).append(path)
        named = (f"{paths.parent(held[0])}: {', '.join(map(paths.basename, held))}" for held in folders.values())
        versions = {tuple(map(_version, files)) for files in replaced.values()}
        old, new = {v[0] for v in versions if len(v) > 1}, {v[-1] for v in versions}
        version = f", version {_became(old.pop(), new.pop())}" if len(old) == len(new) == 1 else ""
        signed = "before and now" if all(len(files) > 1 for files in replaced.values()) else "as they are now"
        return f"{len(replaced)} files were replaced, signed by Microsoft {signed}{version}: {'; '.join(named)}"

    def _of(self, change: Change) -> tuple[Binary, ...]:
        """Return a replaced file as it was and is, a replaced program as it is."""
        program = self._program(change) if change.turn is Turn.CHANGED else None
        return self._pair(change) or (() if program is None else (program,))

    def _program(self, change: Change) -> Binary | None:
        return self.programs.get(paths.fold(change.subject)) if change.topic is Topic.BINARY else None

    def _pair(self, change: Change) -> tuple[Binary, Binary] | None:
        """Return a replaced file as it was and is, if that is what a change tells of."""
        if change.topic is not Topic.BINARY or change.turn is not Turn.CHANGED:
            return None
        key = paths.fold(change.subject)
        one, other = self.old.get(key), self.new.get(key)
        if one is None or other is None or change.old is None or change.new is None:
            return None
        told = one.sha256 in change.old.text and other.sha256 in change.new.text
        return (one, other) if told else None


def files_of(old: Report, new: Report, programs: Mapping[str, Binary]) -> Files:
    """Return the files of two reports, and programs beside them."""
    before, now = ({paths.fold(b.path): b for b in _binaries(report)} for report in (old, new))
    return Files(before, now, programs)


def signature_of(binary: Binary) -> Signature | None:
    """Return the judged signature of a file; None when it was not looked at."""
    return None if binary.examination is None else binary.examination.signature


def _binaries(report: Report) -> Iterable[Binary]:
    for judged in report.components:
        for binary in (judged.component.binary, judged.component.twin):
            if binary is not None:
                yield binary


def _is_microsoft(binary: Binary) -> bool:
    signature = signature_of(binary)
    return signature is not None and signature.is_microsoft


def _worth(signature: Signature | None) -> str:
    """Return in a few words what a signature is worth."""
    if signature is None:
        return "signature not examined"
    signer = "signed by Microsoft" if signature.is_microsoft else f"signed by '{signature.publisher}'"
    match signature.state:
        case SignatureState.TRUSTED:
            return signer
        case SignatureState.CATALOGUE:
            return f"{signer} (catalogue)"
        case SignatureState.UNTRUSTED:
            return f"{signer}, not trusted: {signature.reason}"
        case SignatureState.NONE:
            return "not signed, and no catalogue lists it"
        case SignatureState.BROKEN:
            return f"signature broken: {signature.reason}"
    return f"signature unknown: {signature.reason}"


def _version(binary: Binary) -> str:
    version = None if binary.image is None else binary.image.version
    return "none" if version is None else version.file_version or "none"


def _became(one: str, other: str) -> str:
    return f"{other}, as before" if one == other else f"{one} → {other}"
