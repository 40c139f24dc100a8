"""One file, looked at with everything there is; a reader that fails costs its own part alone."""

import logging
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TypeVar

from iisight.examine.capabilities import profile
from iisight.examine.setup import Setup
from iisight.examine.signature import image_digests, judge_image
from iisight.examine.trust import load_trust
from iisight.examine.yara import Scan, Scanner, compile_rules
from iisight.model.binary import Image
from iisight.model.errors import ParseError
from iisight.model.examination import Anatomy, Assembly, Capability, Examination, Subscription
from iisight.model.locator import Locator
from iisight.model.signature import Signature
from iisight.parsers import pe
from iisight.parsers.pe.anatomy import read_anatomy
from iisight.parsers.pe.clr import examine_assembly

T = TypeVar("T")
_Told = tuple[T | None, tuple[str, ...]]
"""What a reader gives, and its notes."""

_log = logging.getLogger(__name__)
_PLACE = Locator("")
_DIGESTS = ("sha1", "sha256")
"""What catalogues list: SHA-1 those up to Windows 7, SHA-256 those since Windows 8."""

_ENTRIES = ("RegisterModule", "GetFilterVersion")


class Examiner:
    """Examines files with one setup; what is costly to load is loaded once."""

    def __init__(self, setup: Setup) -> None:
        """Load what every file needs."""
        self._at = setup.at
        self._trust = load_trust(setup.roots, setup.revoked, setup.microsoft)
        self._scanner = Scanner(setup.rules or compile_rules())

    def examine(self, data: bytes) -> Examination:
        """Return what was found in a file; what is no PE is searched by YARA alone."""
        notes: list[str] = []
        scan = _part("YARA", notes, lambda: self._scanner.scan(data), Scan())
        notes += scan.notes
        try:
            image = pe.parse(data, _PLACE)
        except ParseError:
            return Examination(yara=scan.matches, notes=tuple(notes))
        anatomy, told = _part("anatomy", notes, lambda: read_anatomy(data, _PLACE, image), _NO_ANATOMY)
        signature, odd = _part("signature", notes, lambda: judge_image(data, self._trust, self._at), _UNSIGNED)
        if signature is not None:
            signature = replace(signature, notes=(*odd, *signature.notes))
        code = _part("code", notes, lambda: _code(data, image), _NOTHING)
        vouched = signature is not None and signature.is_trusted
        hashes = _NO_HASHES if vouched else _part("digest", notes, lambda: _authentihash(data), _NO_HASHES)
        abilities = _part("capabilities", notes, lambda: _profile(image, code, scan), _UNABLE)
        return Examination(
            anatomy=anatomy,
            signature=signature,
            authentihash=hashes,
            assembly=code.assembly,
            subscriptions=code.subscriptions,
            undecided=code.undecided,
            capabilities=abilities,
            yara=scan.matches,
            notes=tuple(dict.fromkeys((*notes, *told, *code.notes))),
        )


@dataclass(frozen=True, slots=True)
class _Code:
    """What the code of a file gave."""

    assembly: Assembly | None = None
    subscriptions: tuple[Subscription, ...] = ()
    undecided: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


_NOTHING = _Code()
_NO_ANATOMY: _Told[Anatomy] = (None, ())
_UNSIGNED: _Told[Signature] = (None, ())
_NO_HASHES: tuple[tuple[str, str], ...] = ()
_UNABLE: tuple[Capability, ...] = ()


def _code(data: bytes, image: Image) -> _Code:
    """Read the code that IIS or ASP.NET would call; a mixed assembly can have both kinds."""
    managed = native = _NOTHING
    if image.is_managed:
        managed = _Code(*examine_assembly(data))
    if image.exported(_ENTRIES):
        from iisight.examine.native import examine_native

        native = _Code(None, *examine_native(data, image))
    return _Code(
        managed.assembly,
        (*managed.subscriptions, *native.subscriptions),
        (*managed.undecided, *native.undecided),
        (*managed.notes, *native.notes),
    )


def _profile(image: Image, code: _Code, scan: Scan) -> tuple[Capability, ...]:
    return profile(image, code.assembly, code.subscriptions, scan.strings)


def _authentihash(data: bytes) -> tuple[tuple[str, str], ...]:
    return tuple((name, found.hex()) for name, found in image_digests(data, *_DIGESTS).items())


def _part(name: str, notes: list[str], read: Callable[[], T], instead: T) -> T:
    """Return what a reader gives; `instead`, and a note, when it fails in whatever way.

    The boundary of `inventory.steps` is in another process: this is the one of the worker.
    """
    try:
        return read()
    except ParseError as error:
        notes.append(f"{name}: {error.message}")
    except Exception as error:
        _log.debug("%s failed", name, exc_info=True)
        notes.append(f"{name} not examined: {type(error).__name__}: {error}")
    return instead
