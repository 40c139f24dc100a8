"""Binaries and their signatures, and configuration files."""

from collections.abc import Iterable, Iterator

from iisight.engine.compare import weights
from iisight.engine.compare.change import change, one_sided
from iisight.engine.compare.view import View
from iisight.evidence import paths
from iisight.model.binary import Binary
from iisight.model.comparison import Change, Side, Topic, Turn
from iisight.model.component import Component, ImageState
from iisight.model.finding import Severity
from iisight.model.locator import Locator
from iisight.model.report import FileRead, Judged
from iisight.model.signature import Signature, SignatureState

_PASSED_OVER = frozenset(
    {"history", "backup", "export", "SysWOW64 copy", "template", "stray copy", "pool configuration", "other"}
)
"""Roles of files that no server reads: rules speak of them."""


def binaries(pairs: Iterable[tuple[Judged, Judged]], old: View, new: View) -> Iterator[Change]:
    """Yield what became of the files of components that both sides have, each file once."""
    users: dict[str, list[tuple[Component, Component]]] = {}
    for before, after in pairs:
        one, other = before.component, after.component
        keys = {new.path(b.path) for b in (other.binary, other.twin) if b is not None}
        keys |= {old.path(b.path) for b in (one.binary, one.twin) if b is not None}
        for key in keys:
            users.setdefault(key, []).append((one, other))
    for key, using in sorted(users.items()):
        yield from _file(old.binaries.get(key), new.binaries.get(key), using, old, new)


def _file(
    one: Binary | None, other: Binary | None, using: list[tuple[Component, Component]], old: View, new: View
) -> Iterator[Change]:
    ids = tuple(sorted({after.id for _, after in using}))
    if one is not None and other is not None:
        if one.sha256 != other.sha256:
            weight = weights.of_binary(Turn.CHANGED, _signature(other), {after.kind for _, after in using})
            what = f"{other.path} was replaced"
            yield change(Topic.BINARY, other.path, what, (_side(one), _side(other)), weight, components=ids)
        yield from _signatures(one, other, ids)
        return
    held = one or other
    assert held is not None  # noqa: S101  the path came from one of them
    came = one is None
    holding, lacking = (new, old) if came else (old, new)
    holders = [pair[1 if came else 0] for pair in using]
    as_twin = not any(c.binary is not None and holding.path(c.binary.path) == holding.path(held.path) for c in holders)
    doubt = _doubt(held, [pair[0 if came else 1] for pair in using], lacking, as_twin=as_twin)
    if doubt == _ELSEWHERE:
        return
    turn = Turn.ADDED if came else Turn.REMOVED
    what = f"{held.path} is {'there' if came else 'gone'}"
    if doubt:
        what = f"{held.path} was read on one side alone: {doubt}"
    side = _side(held)
    sides = one_sided(side, came=came)
    weight = weights.of_binary(turn, _signature(held), {c.kind for c in holders})
    yield change(Topic.BINARY, held.path, what, sides, weight, turn=Turn.UNKNOWN if doubt else turn, components=ids)


_ELSEWHERE = "the component has another file"


def _doubt(held: Binary, lacking: list[Component], view: View, *, as_twin: bool) -> str:
    """Return why it cannot be told whether a file is missing on the side whose components lack it.

    A WOW64 twin is looked for only where a 32-bit pool would load it.
    """
    key = view.path(held.path)
    named = {c.image_state for c in lacking if c.image is not None and view.path(c.image) == key}
    if ImageState.MISSING in named:
        return ""
    if view.one_place and (view.has_twins if as_twin else named or all(c.image is None for c in lacking)):
        return view.unread(held.path)
    if named:
        return f"{min(named)} there"
    if not as_twin and any(c.image is not None for c in lacking):
        return _ELSEWHERE
    return view.unread(held.path) or "not looked for there"


def _signatures(one: Binary, other: Binary, ids: tuple[str, ...]) -> Iterator[Change]:
    before, after = _signature(one), _signature(other)
    if before is None and after is None:
        return
    told = [signature is not None and signature.state is not SignatureState.UNKNOWN for signature in (before, after)]
    if before is not None and after is not None and (all(told) or not any(told)):
        if _worth(before) != _worth(after):
            what = f"{other.path} is signed otherwise"
            sides = Side(before.summary, Locator(one.path)), Side(after.summary, Locator(other.path))
            weight = weights.of_signature(before, after)
            yield change(Topic.SIGNATURE, other.path, what, sides, weight, components=ids)
        return
    reason = next(
        (s.reason for s in (before, after) if s is not None and s.state is SignatureState.UNKNOWN), "not examined"
    )
    what = f"the signature of {other.path} can be told on one side alone: {reason}"
    shown = _signed(one), _signed(other)
    yield change(Topic.SIGNATURE, other.path, what, shown, Severity.LOW, turn=Turn.UNKNOWN, components=ids)


def _signature(binary: Binary) -> Signature | None:
    return None if binary.examination is None else binary.examination.signature


def _signed(binary: Binary) -> Side | None:
    signature = _signature(binary)
    return None if signature is None else Side(signature.summary, Locator(binary.path))


def _worth(signature: Signature) -> tuple[object, ...]:
    """Return what a signature says of the signer, and not how that was found out."""
    signer = "" if signature.signer is None else signature.signer.thumbprint
    return signature.is_trusted or signature.state, signature.is_microsoft, signature.publisher, signer


def _side(binary: Binary) -> Side:
    version = None if binary.image is None or binary.image.version is None else binary.image.version.file_version
    signature = _signature(binary)
    parts = (
        f"sha256 {binary.sha256}",
        f"{binary.size:,} bytes",
        f"version {version}" if version else "",
        "" if signature is None or signature.state is SignatureState.UNKNOWN else signature.summary,
    )
    return Side(", ".join(part for part in parts if part), Locator(binary.path))


def configuration_files(old: View, new: View) -> Iterator[Change]:
    """Yield configuration files in force that came, went or can no longer be read, and history that is gone."""
    sides = [{v.path(f.path): f for f in v.report.files if f.role not in _PASSED_OVER} for v in (old, new)]
    for key in sorted({*sides[0], *sides[1]}):
        yield from _configuration_file(sides[0].get(key), sides[1].get(key), old, new)
    yield from _history(old, new)


def _configuration_file(one: FileRead | None, other: FileRead | None, old: View, new: View) -> Iterator[Change]:
    if one is not None and other is not None:
        if one.malformed is not other.malformed:
            what = f"{other.path} is {'malformed' if other.malformed else 'well-formed'} now"
            texts = _shape(one), _shape(other)
            yield change(Topic.FILE, other.path, what, texts, Severity.MEDIUM)
        return
    held = one or other
    assert held is not None  # noqa: S101  the key came from one of them
    came = one is None
    doubt = (old if came else new).unread(held.path)
    what = f"{held.role} {held.path} is {'there' if came else 'gone'}"
    if doubt:
        what = f"{held.role} {held.path} was read on one side alone: {doubt}"
    side = Side("", Locator(held.path))
    pair = one_sided(side, came=came)
    yield change(Topic.FILE, held.path, what, pair, Severity.LOW, turn=Turn.UNKNOWN if doubt else None)


def _shape(file: FileRead) -> Side:
    return Side("malformed" if file.malformed else "well-formed", Locator(file.path))


def _history(old: View, new: View) -> Iterator[Change]:
    """Yield that all copies of the configuration that IIS keeps are gone; single ones come and go by themselves."""
    kept = [sorted(f.path for f in v.report.files if f.role == "history") for v in (old, new)]
    if bool(kept[0]) is bool(kept[1]):
        return
    came = not kept[0]
    held = kept[1] if came else kept[0]
    folder = paths.parent(paths.parent(held[0]))  # each copy has a folder of its own
    doubt = not (old if came else new).has_beside(folder)
    told = "read on one side alone" if doubt else "there" if came else "all gone"
    side = Side(f"{len(held):,} copies", Locator(held[0]))
    sides = one_sided(side, came=came)
    what = f"the copies of the configuration in {folder} are {told}"
    weight = Severity.INFO if came else Severity.HIGH
    yield change(Topic.LOGGING, folder, what, sides, weight, turn=Turn.UNKNOWN if doubt else None)
