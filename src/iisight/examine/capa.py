"""capa's look at one file, for those who ask for it: it needs minutes where ours needs milliseconds.

capa is an extra (`pip install iisight[capa]`) and runs in a process of its own, within a time.
"""

import subprocess
import sys
import tempfile
from dataclasses import dataclass
from importlib.util import find_spec
from itertools import islice
from pathlib import Path

from iisight.model.errors import UsageError
from iisight.model.examination import CapaMatch

MAX_OUTPUT = 256 * 1024 * 1024  # bytes of capa's answer
MAX_RULES = 200
MAX_PLACES = 8
MAX_NAME = 200


def check_installed(rules: Path) -> None:
    """Raise UsageError when capa is not installed, or there are no rules where the user says."""
    if find_spec("capa") is None:
        raise UsageError("--capa: capa is not installed; `pip install iisight[capa]` does that")
    if next(rules.rglob("*.yml"), None) is None:
        raise UsageError(f"--capa {rules}: there are no rules of capa (.yml) in that folder")


def look(data: bytes, rules: Path, seconds: float) -> tuple[tuple[CapaMatch, ...], str]:
    """Return which rules match, or why that cannot be told. The file lies in a temporary folder meanwhile, unrun."""
    with tempfile.TemporaryDirectory() as folder:
        sample, signatures, answer = (Path(folder, name) for name in ("sample.bin", "signatures", "answer.json"))
        sample.write_bytes(data)
        signatures.mkdir()  # capa wants a folder of library signatures; ours is empty
        command = (sys.executable, "-P", "-m", "capa.main", "--quiet", "--json")
        try:
            with answer.open("wb") as out:
                ended = subprocess.run(  # noqa: S603  capa's own entry point; the file is only read
                    [*command, "--rules", str(rules), "--signatures", str(signatures), str(sample)],
                    stdin=subprocess.DEVNULL,
                    stdout=out,
                    stderr=subprocess.DEVNULL,
                    timeout=seconds,
                    check=False,
                )
        except subprocess.TimeoutExpired:
            return (), f"capa took longer than {seconds:g} s"
        if ended.returncode or answer.stat().st_size > MAX_OUTPUT:
            return (), f"capa gave no answer (status {ended.returncode})"
        return _matches(answer.read_bytes())


@dataclass(frozen=True, slots=True)
class _Technique:
    id: str


@dataclass(frozen=True, slots=True)
class _Meta:
    lib: bool = False
    attack: tuple[_Technique, ...] = ()


@dataclass(frozen=True, slots=True)
class _Address:
    value: object = None  # a number; other things for places that have none


@dataclass(frozen=True, slots=True)
class _Rule:
    meta: _Meta
    matches: tuple[tuple[_Address, object], ...]


@dataclass(frozen=True, slots=True)
class _Document:
    """capa's result document, as far as it is used."""

    rules: dict[str, _Rule]


def _matches(answer: bytes) -> tuple[tuple[CapaMatch, ...], str]:
    import msgspec

    try:
        rules = msgspec.json.decode(answer, type=_Document).rules
    except msgspec.MsgspecError as error:
        return (), f"capa's answer cannot be read: {error}"
    found = (_match(name, rule) for name, rule in sorted(rules.items()) if not rule.meta.lib)
    return tuple(islice(found, MAX_RULES)), ""


def _match(name: str, rule: _Rule) -> CapaMatch:
    places = sorted({place.value for place, _ in rule.matches if isinstance(place.value, int)})
    attack = sorted({technique.id for technique in rule.meta.attack})
    return CapaMatch(name[:MAX_NAME], tuple(attack), tuple(places[:MAX_PLACES]))
