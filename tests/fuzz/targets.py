"""The fuzz targets: every module `fuzz_*.py` of this folder that has `fuzz_one` and `seeds`."""

import pkgutil
from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path

HERE = Path(__file__).parent
CORPUS = HERE / "corpus"
_PREFIX = "fuzz_"


@dataclass(frozen=True, slots=True)
class Target:
    """Something that must take any bytes: `run` raises nothing when all is well."""

    name: str
    run: Callable[[bytes], None]
    inputs: tuple[bytes, ...]  # the module's seeds, then the corpus
    tokens: tuple[bytes, ...]  # pieces that mean something to it; a module may give them as `tokens()`
    takes: Callable[[bytes], bool]  # tells whether a real file is one for it; a module may give it as `takes`


def find_targets() -> tuple[Target, ...]:
    """Return the targets by name."""
    found = sorted(module.name for module in pkgutil.iter_modules([str(HERE)]))
    modules = {name: import_module(f"{__package__}.{name}") for name in found if name.startswith(_PREFIX)}
    return tuple(
        Target(
            name.removeprefix(_PREFIX),
            module.fuzz_one,
            (*module.seeds(), *corpus(name.removeprefix(_PREFIX))),
            tuple(module.tokens()) if hasattr(module, "tokens") else (),
            getattr(module, "takes", _takes_none),
        )
        for name, module in modules.items()
        if hasattr(module, "fuzz_one") and hasattr(module, "seeds")
    )


def _takes_none(data: bytes) -> bool:
    return False


def corpus(name: str) -> tuple[bytes, ...]:
    """Return the inputs kept for a target, in the order of their names."""
    return tuple(path.read_bytes() for path in sorted((CORPUS / name).glob("*.bin")))
