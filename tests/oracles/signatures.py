"""What iisight, signify and osslsigncode say of a file's signatures, brought to the same words."""

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from functools import cache
from pathlib import Path

from iisight.examine.signature import judge_image
from iisight.examine.trust import Trust, load_trust
from iisight.model.signature import Signature, SignatureState
from tests.oracles import by_osslsigncode, by_signify
from tests.oracles.comparison import Comparison

TRUSTED, UNTRUSTED, BROKEN, NOTHING = "trusted", "untrusted", "broken", "no signature"
TIMESTAMP, PAGES, UNREADABLE = "bad timestamp", "bad page hashes", "unreadable"
_SIGNIFY = {
    "OK": TRUSTED,
    "NOT_SIGNED": NOTHING,
    "CERTIFICATE_ERROR": UNTRUSTED,
    "COUNTERSIGNER_ERROR": TIMESTAMP,
    "INVALID_ADDITIONAL_HASH": PAGES,
    "PARSE_ERROR": UNREADABLE,
}
_SIGNCODE = {"ok": TRUSTED, "unsigned": NOTHING, "mismatch": BROKEN}
_SIGNCODE_TIME = "%b %d %H:%M:%S %Y GMT"


@cache
def judged_at() -> datetime:
    """Return the time at which what has no timestamp is judged: now, for osslsigncode takes no other."""
    return datetime.now(UTC)


def compare_with_signify(data: bytes) -> Iterator[Comparison]:
    """Yield both answers on state, signer and time of each signature."""
    ours, theirs = _ours(data), by_signify.verify(data)
    states = [_SIGNIFY.get(verdict.result, BROKEN) for verdict in theirs]
    yield Comparison("signify", "signature", _states(ours), _joined(states))
    yield from _details("signify", ours, [(v.signer, v.signed_at[:19]) for v in theirs], states)


def compare_with_osslsigncode(data: bytes, path: Path, roots: Path) -> Iterator[Comparison]:
    """Yield both answers on the same; what fails here without a mismatch may be untrusted or broken."""
    ours, theirs = _ours(data), by_osslsigncode.verify(path, roots)
    states = [TIMESTAMP if v.stamp_ok is False else _SIGNCODE.get(v.result, UNTRUSTED) for v in theirs]
    yield Comparison("osslsigncode", "signature", _states(ours), _joined(states))
    yield from _details("osslsigncode", ours, [(v.signer, _time(v.signed_at)) for v in theirs], states)


def _details(
    oracle: str, ours: list[Signature], theirs: list[tuple[str, str]], states: list[str]
) -> Iterator[Comparison]:
    """Yield signer and time of those that both trust."""
    for mine, (signer, at), state in zip(ours, theirs, states, strict=False):
        if mine.state is SignatureState.TRUSTED and state == TRUSTED:
            yield Comparison(oracle, "signer", mine.signer.common_name if mine.signer else "", signer)
            yield Comparison(oracle, "signing time", mine.signed_at.isoformat()[:19] if mine.signed_at else "", at)


def _ours(data: bytes) -> list[Signature]:
    found, _ = judge_image(data, _trust(), judged_at())
    return [found, *found.others] if found else []


@cache
def _trust() -> Trust:
    return load_trust()


def _states(signatures: list[Signature]) -> str:
    return _joined(map(_state, signatures)) or NOTHING


def _state(signature: Signature) -> str:
    if signature.state is SignatureState.BROKEN:
        return UNREADABLE if "cannot be read" in signature.reason else BROKEN
    return PAGES if any("do not fit" in note for note in signature.notes) else signature.state.value


def _time(text: str) -> str:
    return datetime.strptime(text, _SIGNCODE_TIME).isoformat() if text else ""  # noqa: DTZ007  all are in UTC


def _joined(words: Iterable[str]) -> str:
    return ", ".join(words)
