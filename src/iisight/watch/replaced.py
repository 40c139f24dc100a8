"""What stands in the place of a file that was replaced: what its signature was worth before, and what it is now."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from iisight.evidence import paths
from iisight.model.binary import Binary
from iisight.model.comparison import Change, Topic, Turn
from iisight.model.report import Report
from iisight.model.signature import Signature, SignatureState


@dataclass(frozen=True, slots=True)
class Files:
    """The files of the components of two reports, by folded path."""

    old: Mapping[str, Binary]
    new: Mapping[str, Binary]

    def standing(self, change: Change) -> str:
        """Return from what to what the signature and the version of a replaced file went; empty: it is no such."""
        pair = self._pair(change)
        if pair is None:
            return ""
        worth = _became(*(_worth(signature_of(binary)) for binary in pair))
        versions = [_version(binary) for binary in pair]
        return worth if versions[0] == versions[1] else f"{worth}, version {_became(*versions)}"

    def hashes(self, change: Change) -> str:
        """Return from what content to what a file went; empty: it was not replaced."""
        pair = self._pair(change)
        return "" if pair is None else f"sha256 {pair[0].sha256} → {pair[1].sha256}"

    def is_update(self, changes: Iterable[Change]) -> bool:
        """Tell whether all that was done is to put files that Microsoft signed in the place of others it signed."""
        pairs = [self._pair(c) if c.topic is Topic.BINARY else None for c in changes if c.topic is not Topic.SIGNATURE]
        return bool(pairs) and all(pair is not None and all(map(_is_microsoft, pair)) for pair in pairs)

    def updated(self, changes: Iterable[Change]) -> str:
        """Return the sentence about an update: every file by name, and from what version to what they went."""
        replaced = {change.subject: pair for change in changes if (pair := self._pair(change)) is not None}
        folders: dict[str, list[str]] = {}
        for path in sorted(replaced, key=paths.fold):
            folders.setdefault(paths.fold(paths.parent(path)), []).append(path)
        named = (f"{paths.parent(held[0])}: {', '.join(map(paths.basename, held))}" for held in folders.values())
        versions = {tuple(map(_version, pair)) for pair in replaced.values()}
        version = f", version {_became(*versions.pop())}" if len(versions) == 1 else ""
        return f"{len(replaced)} files were replaced, signed by Microsoft before and now{version}: {'; '.join(named)}"

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


def files_of(old: Report, new: Report) -> Files:
    """Return the files of two reports."""
    return Files(*({paths.fold(b.path): b for b in _binaries(report)} for report in (old, new)))


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
