"""The files that policies may allow: those of verified components, with what rules are made of; all others, named."""

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from iisight.engine.remedies._names import locker_name
from iisight.evidence import paths
from iisight.evidence.source import Source
from iisight.examine.keys import signed_digest
from iisight.examine.look import Look
from iisight.examine.signature import image_digests, signing_chain
from iisight.examine.trust import load_trust
from iisight.inventory.binaries import content
from iisight.inventory.config.build import Server
from iisight.model.binary import Binary
from iisight.model.component import ImageState, Verdict
from iisight.model.coverage import Gap
from iisight.model.errors import ParseError
from iisight.model.remedy import CodeImage, LeftOut, Publisher
from iisight.model.report import Judged
from iisight.model.signature import Signature, SignatureState

MAX_IMAGES = 5_000
_VERIFIED = (Verdict.KNOWN, Verdict.TRUSTED)
_ORDER = list(Verdict)


@dataclass(slots=True)
class _File:
    """One file, with every component in force that loads it."""

    binary: Binary
    users: list[Judged] = field(default_factory=list)

    @property
    def worst(self) -> Judged:
        """Return the user whose verdict is the worst."""
        return max(self.users, key=lambda j: _ORDER.index(j.verdict))


def images_of(
    judged: Iterable[Judged], server: Server, source: Source, look: Look
) -> tuple[list[CodeImage], list[LeftOut]]:
    """Return what policies may allow, and what they leave out, by path. Unverified files are never allowed."""
    files: dict[str, _File] = {}
    out: list[LeftOut] = []
    for user in (j for j in judged if j.component.server == server.name and j.component.effective):
        binaries = [b for b in (user.component.binary, user.component.twin) if b is not None and b.image is not None]
        for binary in binaries:
            files.setdefault(paths.fold(binary.path), _File(binary)).users.append(user)
        if not binaries and user.component.image_state not in {ImageState.NONE, ImageState.READ}:
            out.append(_unread(user))
    reader = _Reader(source, look)
    allowed: list[CodeImage] = []
    for number, (_, file) in enumerate(sorted(files.items())):
        found = _judge(file, reader) if number < MAX_IMAGES else _refused(file, f"more than {MAX_IMAGES:,} files")
        (allowed if isinstance(found, CodeImage) else out).append(found)  # type: ignore[arg-type]
    return allowed, sorted(out, key=lambda o: (o.name.lower(), o.name, o.components, o.why))


def _judge(file: _File, reader: "_Reader") -> CodeImage | LeftOut:
    if file.worst.verdict not in _VERIFIED:
        return _refused(file, "; ".join(file.worst.reasons) or "nothing vouches for it")
    if not all(_is_vouched(file.binary, user) for user in file.users):
        return _refused(file, "its name and place alone are known: no trusted signature vouches for its content")
    data = reader.read(file.binary)
    if data is None:
        return _refused(file, "its bytes could not be read a second time, or are others than before")
    try:
        digests = image_digests(data, "sha1", "sha256")
    except ParseError as error:
        return _refused(file, error.message)
    version = None if file.binary.image is None else file.binary.image.version
    return CodeImage(
        path=file.binary.path,
        components=_names(file),
        verdict=str(file.worst.verdict),
        why="; ".join(file.worst.reasons),
        is_dll=file.binary.image is not None and file.binary.image.is_dll,
        size=len(data),
        sha1=digests["sha1"].hex().upper(),
        sha256=digests["sha256"].hex().upper(),
        product="" if version is None else version.product or "",
        original_name="" if version is None else version.original_name or "",
        publisher=reader.publisher(file.binary, data),
    )


def _is_vouched(binary: Binary, user: Judged) -> bool:
    """Tell whether a signature vouches for the very content, or the operator for the file with this hash.

    `known` says that name, place and preCondition are as they should be: an intruder can see to that too.
    """
    if binary.examination is not None and _trusted(binary.examination.signature) is not None:
        return True
    own = user.component.binary
    return user.verdict is Verdict.TRUSTED and own is not None and own.sha256 == binary.sha256


class _Reader:
    """Reads files a second time: digests and chains are not kept with what was found in them."""

    def __init__(self, source: Source, look: Look) -> None:
        setup = look.setup.judged_at(source.newest)
        self._source, self._at = source, setup.at
        self._trust = load_trust(setup.roots, setup.revoked, setup.microsoft)

    def read(self, binary: Binary) -> bytes | None:
        """Return the bytes of a file that was read before."""
        file = self._source.find(binary.path)
        gaps: list[Gap] = []
        data = None if file is None else content(self._source, file, gaps)
        return data if data is not None and hashlib.sha256(data).hexdigest() == binary.sha256 else None

    def publisher(self, binary: Binary, data: bytes) -> Publisher | None:
        """Return who signed a file, if a trusted root vouches for him."""
        examined = binary.examination
        signature = None if examined is None else _trusted(examined.signature)
        if signature is None or signature.signer is None:
            return None
        signer, issuer, tbs = signature.signer, "", ""
        if signature.state is SignatureState.TRUSTED:
            chain = signing_chain(data, self._trust, self._at, signer.sha256)
            digest = signed_digest(chain[1].algorithm) if len(chain) > 1 else ""
            if digest:
                issuer = chain[1].facts.common_name
                tbs = hashlib.new(digest, chain[1].signed, usedforsecurity=False).hexdigest().upper()
        return Publisher(signer.common_name, locker_name(signer.subject), issuer, tbs)


def _trusted(signature: Signature | None) -> Signature | None:
    """Return the first signature of a file that can be relied on."""
    every: Iterator[Signature] = iter(() if signature is None else (signature, *signature.others))
    return next((s for s in every if s.is_trusted), None)


def _names(file: _File) -> tuple[str, ...]:
    return tuple(sorted({f"{user.component.kind} {user.component.name}" for user in file.users}))


def _refused(file: _File, why: str) -> LeftOut:
    return LeftOut(file.binary.path, _names(file), str(file.worst.verdict), why)


def _unread(user: Judged) -> LeftOut:
    component = user.component
    name = component.image or component.type or component.name
    why = {
        ImageState.MISSING: "its file is not there",
        ImageState.NOT_COLLECTED: "its file is not in the evidence",
    }.get(component.image_state, "its name does not lead to a file")
    return LeftOut(name, (f"{component.kind} {component.name}",), str(user.verdict), why)
