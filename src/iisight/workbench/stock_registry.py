r"""The registry of the stock server as the hive files that a collector copies: `SYSTEM` and `SOFTWARE`."""

from collections.abc import Iterator, Mapping

from iisight.catalogue.tables import rows
from iisight.evidence import paths
from iisight.model.registry import Data
from iisight.workbench.hives import write

CONFIG = r"C:\Windows\System32\config"
Keys = dict[str, dict[str, Data]]

_SERVICES = {"W3SVC": ("iissvcs", 2), "WAS": ("iissvcs", 3), "AppHostSvc": ("apphost", 2)}
_CHANNELS = r"SOFTWARE\Microsoft\Windows\CurrentVersion\WINEVT\Channels"
_NOT_INSTALLED = frozenset({"Web Management Service"})
_DESCRIPTOR = b"\x01\x00\x04\x80"  # the start of a security descriptor: what follows is not read


def stock_keys() -> Keys:
    """Return the keys of the stock server, by path below the machine's root."""
    keys: Keys = {r"SYSTEM\Select": {"Current": 1, "Default": 1, "LastKnownGood": 1}}
    for name, (group, start) in _SERVICES.items():
        service = rf"SYSTEM\ControlSet001\Services\{name}"
        image = rf"%windir%\system32\svchost.exe -k {group}"
        keys[service] = {"ImagePath": image, "Start": start, "ObjectName": "LocalSystem"}
        keys[rf"{service}\Parameters"] = {"ServiceDll": _dll_of(name)}
    reserved = (row["url"] for row in rows("url_reservations") if row["product"] not in _NOT_INSTALLED)
    keys[r"SYSTEM\ControlSet001\Services\HTTP\Parameters\UrlAclInfo"] = dict.fromkeys(reserved, _DESCRIPTOR)
    keys[r"SYSTEM\ControlSet001\Control\Session Manager\Environment"] = {
        "ComSpec": r"%SystemRoot%\system32\cmd.exe",
        "Path": r"%SystemRoot%\system32;%SystemRoot%;%SystemRoot%\System32\Wbem",
        "windir": "%SystemRoot%",
    }
    keys[r"SOFTWARE\Microsoft\InetStp"] = {
        "MajorVersion": 10,
        "MinorVersion": 0,
        "PathWWWRoot": r"%SystemDrive%\inetpub\wwwroot",
        "InstallPath": r"%windir%\system32\inetsrv",
    }
    keys[r"SOFTWARE\Microsoft\InetStp\Components"] = {"W3SVC": 1, "StaticContent": 1, "ISAPIFilter": 1}
    keys[rf"{_CHANNELS}\Microsoft-IIS-Configuration/Operational"] = {"Enabled": 1}
    keys[rf"{_CHANNELS}\Microsoft-Windows-PowerShell/Operational"] = {"Enabled": 1}
    nt = r"SOFTWARE\Microsoft\Windows NT\CurrentVersion"
    keys[rf"{nt}\Windows"] = {"AppInit_DLLs": "", "LoadAppInit_DLLs": 0}
    keys[rf"{nt}\Image File Execution Options\svchost.exe"] = {"MinimumStackCommitInBytes": 32768}
    return keys


def hive_files(keys: Mapping[str, Mapping[str, Data]]) -> Iterator[tuple[str, bytes]]:
    """Yield the hive files of keys by Windows path."""
    for name in ("SOFTWARE", "SYSTEM"):
        below = {
            path.partition("\\")[2]: values for path, values in keys.items() if path.upper().startswith(f"{name}\\")
        }
        yield paths.join(CONFIG, name), write(below)


def put(keys: Keys, path: str, values: Mapping[str, Data]) -> None:
    r"""Set values of a key given as `HKLM\SYSTEM\CurrentControlSet\…`, in any case; a key that is not there is made."""
    parts = path.split("\\")
    if parts[0].upper() != "HKLM" or len(parts) < 3 or parts[1].upper() not in {"SYSTEM", "SOFTWARE"}:
        raise ValueError(rf"expected a key below HKLM\SYSTEM or HKLM\SOFTWARE, found '{path}'")
    if parts[2].upper() == "CURRENTCONTROLSET":
        parts[2] = "ControlSet001"
    wanted = "\\".join(parts[1:])
    held = keys.setdefault(next((key for key in keys if key.upper() == wanted.upper()), wanted), {})
    for name, data in values.items():
        held[next((n for n in held if n.upper() == name.upper()), name)] = data


def parse_values(text: str) -> dict[str, Data]:
    """Read `name: value` lines: digits are a number, `hex 01 02` bytes, `- text` lines below a name its strings."""
    found: dict[str, Data] = {}
    last = ""
    for line in filter(None, (line.strip() for line in text.splitlines())):
        if line.startswith("- "):
            held = found.get(last)
            found[last] = (*(held if isinstance(held, tuple) else ()), line[2:].strip())
            continue
        name, sign, value = line.partition(": ") if ": " in line else (line.removesuffix(":"), line[-1:], "")
        if not sign.startswith(":"):
            raise ValueError(f"'{line}': expected `name: value`")
        last = "" if name == "(default)" else name
        found[last] = _data(value.strip())
    return found


def _data(value: str) -> Data:
    if value.isdecimal():
        return int(value)
    return bytes.fromhex(value[4:]) if value.startswith("hex ") else value


def _dll_of(service: str) -> str:
    return next(r["image"] for r in rows("services") if r["name"] == service and r["image"].endswith(".dll"))
