"""A made server after somebody ran the scripts that iisight wrote for it: each call is read by our own lexer.

What a call does is done to the configuration, the registry and the exports that the server is made of. An export that
is not there stays away: nothing appears that a collector did not bring.
"""

import csv
import io
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from xml.etree import ElementTree as ET

from iisight.parsers.commands.powershell.lexer import Kind, Token, tokens
from iisight.report.policies.written import Written
from iisight.workbench import stock, stock_registry
from iisight.workbench.stock_registry import put
from tests.builders import hardening

_READ_AND_EXECUTE, _WRITES = 0x1200A9, {"FA": 0x1F01FF, "KA": 0xF003F}
_FILE_AUDIT, _KEY_AUDIT = "(AU;OICISA;0xd0046;;;WD)", "(AU;CISA;0xd0006;;;WD)"
_CHANNELS = r"HKLM\SOFTWARE\Microsoft\Windows\CurrentVersion\WINEVT\Channels"
_SECURITY = r"HKLM\SYSTEM\CurrentControlSet\Services\EventLog\Security"
_SIDS = {"S-1-1-0": "WD", "S-1-5-32-545": "BU"}


@dataclass(frozen=True, slots=True)
class Call:
    """One call of a script: values as PowerShell would bind them."""

    name: str
    values: Mapping[str, tuple[str, ...]]

    def get(self, name: str) -> str:
        """Return one value, empty when it was not given."""
        found = self.values.get(name, ())
        assert len(found) <= 1
        return found[0] if found else ""


@dataclass(slots=True)
class Made:
    """A server in the parts that scripts change."""

    files: dict[str, bytes]
    keys: stock_registry.Keys
    accepted: frozenset[str] | None = None  # None: every question is answered with yes
    left: list[str] = field(default_factory=list)  # checks whose changes were not made

    def after(self) -> dict[str, bytes]:
        """Return its files."""
        return {**self.files, **dict(stock_registry.hive_files(self.keys))}


def calls(script: str) -> Iterator[Call]:
    """Yield the calls that stand for themselves in a script, those within its functions left out."""
    line: list[Token] = []
    for token in tokens(script.removeprefix("\ufeff")):
        if token.kind is not Kind.END:
            line.append(token)
            continue
        if line and line[0].kind is Kind.WORD and line[0].text in _APPLIED:
            yield _call(line)
        line = []


def applied(made: Made, scripts: Iterable[Written]) -> dict[str, bytes]:
    """Return the files of a server after its scripts were run."""
    for script in scripts:
        for call in calls(script.text) if script.name.endswith(".ps1") else ():
            check = call.get("Check")
            if call.get("Question") and made.accepted is not None and check not in made.accepted:
                made.left.append(check)
            else:
                _APPLIED[call.name](made, call)
    return made.after()


def _call(line: list[Token]) -> Call:
    values: dict[str, list[str]] = {}
    last = ""
    for token in line[1:]:
        if token.kind is Kind.PARAMETER:
            last = token.text
            assert last not in values
            values[last] = []
        else:
            assert token.kind in {Kind.STRING, Kind.WORD, Kind.SIGN}
            assert token.kind is not Kind.SIGN or token.text == ","
            values[last] += [] if token.kind is Kind.SIGN else [token.text]
    return Call(line[0].text, {name: tuple(found) for name, found in values.items()})


def _setting(made: Made, call: Call) -> None:
    def change(root: ET.Element) -> None:
        held = _section(root, call.get("Section"), call.get("Location"))
        if call.get("Item"):
            (held,) = (child for child in held if child.get("name") == call.get("Item"))
        held = stock.descend(held, call.get("Element")) if call.get("Element") else held
        held.set(call.get("Name"), call.get("Value"))

    made.files = hardening.changed(made.files, stock.APPHOST, change)


def _lock(made: Made, call: Call) -> None:
    def change(root: ET.Element) -> None:
        section, place = call.get("Section"), call.get("Location")
        group, _, name = section.rpartition("/")
        held = _section(root, section, place)
        for parent in list(root.iter()):
            if held in list(parent):
                parent.remove(held)
        location = ET.SubElement(root, "location", path=place, overrideMode="Deny")
        stock.descend(location, group).append(held)
        assert held.tag == name

    made.files = hardening.changed(made.files, stock.APPHOST, change)


def _section(root: ET.Element, section: str, location: str) -> ET.Element:
    """Return a section where it stands, made where it would be: in the location tag of the place, or at the root."""
    holders = [tag for tag in root.findall("location") if tag.get("path", "") == location]
    holders = holders if location else [root, *holders]
    for holder in holders:
        found = holder.find(section)
        if found is not None:
            return found
    return stock.descend(root if not location else ET.SubElement(root, "location", path=location), section)


def _file(made: Made, call: Call) -> None:
    def change(root: ET.Element) -> None:
        stock.descend(root, call.get("Element")).set(call.get("Name"), call.get("Value"))

    made.files = hardening.changed(made.files, call.get("Path"), change)


def _value(made: Made, call: Call) -> None:
    assert call.get("Type") == "DWord"
    put(made.keys, call.get("Key"), {call.get("Name"): int(call.get("Value"))})


def _subcategory(made: Made, call: Call) -> None:
    text = made.files.get(hardening.AUDIT, b"").decode()
    lines = [
        line.replace("No Auditing", "Success") if call.get("Guid").lower() in line.lower() else line
        for line in text.split("\r\n")
    ]
    if text:
        made.files[hardening.AUDIT] = "\r\n".join(lines).encode()


def _channel(made: Made, call: Call) -> None:
    name, size = call.get("Name"), int(call.get("Size") or 0)
    key = _SECURITY if name == "Security" else rf"{_CHANNELS}\{name}"
    put(made.keys, key, {"Enabled": 1, **({"MaxSize": size} if size else {})})


def _sacl(made: Made, call: Call) -> None:
    entry = _KEY_AUDIT if call.get("Kind") == "key" else _FILE_AUDIT
    _list(made, call.get("Path"), lambda sddl: sddl + entry if "S:" in sddl else f"{sddl}S:{entry}")


def _rights(made: Made, call: Call) -> None:
    names = {_SIDS.get(account, account) for account in call.values["Account"]}
    owner = "Owner" in call.values

    def change(sddl: str) -> str:
        said, _, audits = sddl.partition("S:")
        who, _, entries = said.partition("D:")
        kept = [_stripped(entry, names) for entry in entries.strip("()").split(")(")]
        who = "O:BA" if owner else who
        return f"{who}D:P{''.join(f'({entry})' for entry in kept)}" + (f"S:{audits}" if audits else "")

    _list(made, call.get("Path"), change)


def _stripped(entry: str, names: set[str]) -> str:
    kind, flags, rights, *rest, sid = entry.split(";")
    if kind != "A" or sid not in names:
        return entry
    mask = _WRITES[rights] if rights in _WRITES else int(rights, 16)
    return ";".join((kind, flags, hex(mask & _READ_AND_EXECUTE), *rest, sid))


def _list(made: Made, path: str, change: Callable[[str], str]) -> None:
    """Change the descriptor of a path in the export, if there is one of it."""
    text = made.files.get(hardening.ACLS)
    if text is None:
        return
    rows = list(csv.DictReader(io.StringIO(text.decode("utf-8-sig"))))
    listed = {row["Path"]: row["Sddl"] for row in rows}
    found = {known: change(sddl) if known.lower() == path.lower() else sddl for known, sddl in listed.items()}
    made.files[hardening.ACLS] = hardening.rights(found)


_APPLIED: dict[str, Callable[[Made, Call], None]] = {
    "Set-Setting": _setting,
    "Lock-Section": _lock,
    "Set-FileSetting": _file,
    "Set-RegistryEntry": _value,
    "Enable-Subcategory": _subcategory,
    "Enable-Channel": _channel,
    "Add-AuditRule": _sacl,
    "Remove-WriteAccess": _rights,
}
