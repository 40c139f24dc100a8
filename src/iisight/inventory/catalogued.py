"""Signature catalogues: which of the evidence list the files that were examined, and what follows for each."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from functools import cached_property
from pathlib import Path

from iisight.evidence.paths import fold
from iisight.evidence.source import Source
from iisight.examine.catalogues import digests, judge_by_catalogue, problem_of
from iisight.examine.look import Look
from iisight.examine.trust import Trust, load_trust
from iisight.inventory.binaries import content
from iisight.model.coverage import Gap, GapKind
from iisight.model.examination import Examination
from iisight.model.signature import Signature, SignatureState

_FOLDER = "\\system32\\catroot\\"
"""Where Windows keeps the catalogues it trusts (CryptCATAdmin: `%windir%\\System32\\CatRoot\\{GUID}`)."""

_PLACE = "C:\\Windows\\System32\\CatRoot"
_NO_CATALOGUE = "no signature in the file, and no catalogue in the evidence"
_UNTOLD = "no signature catalogues: whose the files without a signature of their own are cannot be told"

MAX_CATALOGUE = 64 * 1024 * 1024  # bytes; the largest of Windows have 10 MiB
_RANK = tuple(SignatureState)  # from the best to the worst


class Catalogues:
    """The catalogues of the evidence, and those that the user gave."""

    def __init__(self, source: Source, look: Look) -> None:
        """Prepare to look; a catalogue without a timestamp is judged at the time of the evidence."""
        self.gaps: list[Gap] = []
        self.count = 0
        self._source = source
        self._look = look
        self._setup = look.setup.judged_at(source.newest)

    @cached_property
    def _trust(self) -> Trust:
        return load_trust(self._setup.roots, self._setup.revoked, self._setup.microsoft)

    def judge(self, found: Mapping[str, Examination]) -> dict[str, Examination]:
        """Return the examinations, the signature of each judged with the catalogues."""
        if not found:
            return {}
        wanted = {bytes.fromhex(digest): name for name, e in found.items() for _, digest in e.authentihash}
        listed: dict[str, Signature] = {}
        for path, data in self._files():
            self._look_into(path, data, wanted, found, listed)
        return {name: replace(e, signature=self._signature(e, listed.get(name))) for name, e in found.items()}

    def _look_into(
        self,
        path: str,
        data: bytes,
        wanted: Mapping[bytes, str],
        found: Mapping[str, Examination],
        listed: dict[str, Signature],
    ) -> None:
        problem = problem_of(data)
        if problem:  # it lists nothing: counted, it would make every file one that "no catalogue lists"
            self.gaps.append(Gap(GapKind.MALFORMED, path, problem))
            return
        self.count += 1
        for name in sorted({wanted[digest] for digest in digests(data) & wanted.keys()}):
            hashes = {algorithm: bytes.fromhex(digest) for algorithm, digest in found[name].authentihash}
            signature = judge_by_catalogue(hashes, path, data, self._trust, self._setup.at)
            if signature.state is not SignatureState.NONE:
                listed[name] = min(listed.get(name, signature), signature, key=_rank)

    def _files(self) -> Iterator[tuple[str, bytes]]:
        for file in self._source.ending(".cat"):
            data = content(self._source, file, self.gaps) if _FOLDER in fold(file.path) else None
            if data is not None:
                yield file.path, data
        for path in self._given():
            try:
                if path.stat().st_size > MAX_CATALOGUE:
                    self.gaps.append(Gap(GapKind.REFUSED, path.name, f"larger than {MAX_CATALOGUE} bytes"))
                    continue
                yield path.name, path.read_bytes()
            except OSError as error:
                self.gaps.append(Gap(GapKind.UNREADABLE, path.name, error.strerror or "cannot be read"))

    def _given(self) -> Iterator[Path]:
        """Yield the files that the user gave, and those below the folders; none in a folder is coverage."""
        for place in self._look.catalogues:
            found = sorted(_below(place)) if place.is_dir() else [place]
            if not found:
                self.gaps.append(Gap(GapKind.MISSING, str(place), "no file named *.cat in it"))
            yield from found

    def _signature(self, examination: Examination, listed: Signature | None) -> Signature | None:
        """Prefer the better of the file's own signature and the catalogue's; say plainly when there is neither."""
        own = examination.signature
        if listed is not None:
            better = listed if own is None else min(own, listed, key=_rank)
            other = tuple(s for s in (own, listed) if s is not None and s is not better)
            return replace(better, others=(*better.others, *other))
        if own is not None or not examination.authentihash:
            return own
        if self.count:
            reason = f"no signature in the file, and none of {self.count} catalogues lists it"
            return Signature(SignatureState.NONE, reason)
        return Signature(SignatureState.UNKNOWN, _NO_CATALOGUE)


def untold(found: Iterable[Examination]) -> Iterator[Gap]:
    """Yield that there are no catalogues, when files without a signature of their own want one."""
    doubtful = sum(e.signature is not None and e.signature.reason == _NO_CATALOGUE for e in found)
    if doubtful:
        yield Gap(GapKind.MISSING, _PLACE, _UNTOLD, doubtful)


def _below(folder: Path) -> Iterator[Path]:
    """Yield the catalogues below a folder, in whichever case Windows wrote the names."""
    return (path for path in folder.rglob("*") if path.suffix.lower() == ".cat" and path.is_file())


def _rank(signature: Signature) -> int:
    return _RANK.index(signature.state)
