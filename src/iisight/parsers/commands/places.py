"""The places of a server that matter when files come, go, or change, and what is told of it."""

import re
from collections.abc import Iterator

from iisight.model.activity import Act, Action
from iisight.parsers.commands.tables import read_table

MAX_PATH = 1024  # characters looked at

_CLEARED = ("logs", "history")


def place(path: str) -> str:
    """Return the kind of place a Windows path lies in, as `data/places.csv` names them; empty when none."""
    plain = re.sub(r"[\\/]+", r"\\", path.strip().strip("'\"")[:MAX_PATH]).lower().rstrip("*")
    return next((kind for kind, pattern, _ in read_table("places") if re.search(pattern, plain)), "")


def written(tool: str, target: str, source: str = "") -> Iterator[Action]:
    """Yield the writing of a file, when it comes where IIS or ASP.NET looks for code or configuration."""
    kind = place(target)
    name = re.split(r"[\\/]", source.rstrip("\\/"))[-1] if source else ""
    if not kind and name and not re.search(r"\.\w{1,8}$", target):
        kind = place(f"{target}\\{name}")
    if kind in ("", *_CLEARED):
        return
    if kind == "backup":
        return
    if name and "*" not in name and (target.endswith(("\\", "/")) or not re.search(r"\.\w{1,12}$", target)):
        target = f"{target.rstrip(chr(92) + '/')}\\{name}"
    yield Action(Act.WRITE, tool, subject=target.strip("'\""), note=f"from {source}" if source else "")


def deleted(tool: str, target: str) -> Iterator[Action]:
    """Yield the deletion of a file or folder that matters; of logs and configuration history it is CLEAR."""
    kind = place(target)
    if kind in _CLEARED:
        yield Action(Act.CLEAR, tool, subject=target)
    elif kind in ("inetsrv", "configuration", "GAC", "backup"):
        yield Action(Act.DELETE, tool, subject=target)


def touched(act: Act, tool: str, target: str, note: str = "") -> Iterator[Action]:
    """Yield any other act on a file that lies in a place that matters."""
    if place(target) not in ("", *_CLEARED):
        yield Action(act, tool, subject=target, note=note)
