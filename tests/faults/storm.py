"""Changes at random to a served folder, with what may and what must be told of them."""

import re
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field
from random import Random

from tests.faults.served import APPHOST, INETSRV, Alert, Served

SITES = 6
UNDONE = "it is again as it was before"
LATER = "before what was told last of it"
_HANDLER = '<add name="{name}" path="*.{name}" verb="*" type="Shop.{name}, Shop" />'
_MODULE = '<add name="{name}" image="%windir%\\System32\\inetsrv\\{name}.dll" />'


@dataclass(slots=True)
class Storm:
    """Things that are there or not, each told by its name, and each changed at random."""

    served: Served
    random: Random
    start: dict[str, bool] = field(default_factory=dict)
    now: dict[str, bool] = field(default_factory=dict)
    ever: set[tuple[str, bool]] = field(default_factory=set)  # states that were true at some time
    kept: set[str] = field(default_factory=set)  # things that came and stay
    changes: int = 0

    def __post_init__(self) -> None:
        names = [
            *(f"Handler{n}" for n in range(SITES)),
            *(f"Module{n}" for n in range(4)),
            *(f"drop{n}" for n in range(3)),
        ]
        self.start = dict.fromkeys(names, False)
        self.now = dict(self.start)
        self.ever = set(self.start.items())

    def step(self) -> None:
        """Change one thing, or several at once."""
        for name in self.random.sample(sorted(self.now.keys() - self.kept), self.random.choice((1, 1, 1, 2, 5))):
            self.set(name, not self.now[name])

    def keep(self, name: str) -> None:
        """Let one more thing be there, and stay: it must be told."""
        self.kept.add(name)
        self.start[name] = False
        self.ever.add((name, False))
        self.set(name, True)

    def set(self, name: str, is_there: bool) -> None:
        """Let one thing be there or not."""
        self.now[name] = is_there
        self.ever.add((name, is_there))
        self.changes += 1
        if name.startswith("drop"):
            self._drop(name, is_there)
        elif name.startswith("Module"):
            lines = "".join(_MODULE.format(name=n) for n in self._there("Module"))
            self._write(APPHOST, "<globalModules>", lines)
        else:
            number = int(name.removeprefix("Handler"))
            lines = "".join(_HANDLER.format(name=n) for n in self._there("Handler") if n == name)
            self._write(f"D:\\web\\site{number:05}\\web.config", "<handlers>", lines)

    def wrong(self, alerts: list[Alert]) -> Iterator[str]:
        """Yield what should have been told and was not, and what was told and is not so."""
        for name, is_there in self.now.items():
            said = [(str(a["message"]), _standing(str(a["message"]), name)) for a in alerts]
            told = [standing for _, standing in said if standing is not None]
            last = [standing for text, standing in said if standing is not None and LATER not in text]
            for standing in sorted(set(told)):
                if (name, standing) not in self.ever:
                    yield f"{name} was never {'there' if standing else 'gone'}, and that is told"
            if is_there is not self.start[name] and is_there not in told:
                yield f"{name} is {'there' if is_there else 'gone'}, and that is not told"
            elif last and last[-1] is not is_there:
                yield f"{name} is {'there' if is_there else 'gone'}, and the last that is told says otherwise"

    def _there(self, kind: str) -> list[str]:
        return [name for name, is_there in self.now.items() if is_there and name.startswith(kind)]

    def _drop(self, name: str, is_there: bool) -> None:
        file = self.served.at(f"{INETSRV}{name}.dll")
        if is_there:
            shutil.copy(self.served.at(f"{INETSRV}loghttp.dll"), file)
        else:
            file.unlink()

    def _write(self, path: str, behind: str, lines: str) -> None:
        """Write what stands behind a text of a file in place of what this put there before."""
        text = self.served.at(path).read_text("utf-8")
        text = re.sub(r"(?<=>)<!--storm-->.*?<!--end-->", "", text, flags=re.S)
        new = text.replace(behind, f"{behind}<!--storm-->{lines}<!--end-->", 1).encode()
        self.random.choice((self.served.write, self.served.rename_over))(path, new)


def _standing(message: str, name: str) -> bool | None:
    """Return whether a sentence says that something is there, or that it is gone; None: it says nothing of it."""
    if not re.search(rf"\b{name}\b", message) or message.endswith(": not read"):  # it went before it could be read
        return None
    is_gone = re.search(rf"'{name}'[^;]* is (gone|no longer registered)|{name}\.dll'? is gone", message) is not None
    return is_gone if message.startswith(UNDONE) else not is_gone
