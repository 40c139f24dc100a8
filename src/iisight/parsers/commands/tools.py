"""Programs that install components, and those that switch logging off."""

import re
from collections.abc import Callable, Iterator, Mapping
from itertools import pairwise

from iisight.model.activity import Act, Action
from iisight.parsers.commands.places import place, written
from iisight.parsers.commands.words import Program

_CHANNEL = re.compile(r"\\WINEVT\\Channels\\([^\\]+)$", re.IGNORECASE)
_ENVIRONMENT = re.compile(r"\\Services\\(?:W3SVC|WAS)(?:\\|$)|\\InetStp(?:\\|$)", re.IGNORECASE)
_PROFILER = re.compile(r"(?:COR|CORECLR)_(?:PROFILER|ENABLE_PROFILING)|DOTNET_STARTUP_HOOKS", re.IGNORECASE)
_EXCLUSIONS = re.compile(r"\\Windows Defender\\Exclusions\\", re.IGNORECASE)
_SERVICES = {"apphostsvc": "configuration history", "w3logsvc": "web logs", "eventlog": "event logs"}
_DEPLOYED = re.compile(  # providers of Web Deploy that write to a server
    r"(apphostconfig|webserver60|webserver|apppoolconfig|gacassembly|gacinstall|contentpath|dirpath|filepath|iisapp"
    r"|metakey|runcommand|package|comobject32|comobject64|regkey|auto)",
    re.IGNORECASE,
)


def _switches(program: Program) -> set[str]:
    return {word[1:].lower() for word in program.arguments if word[:1] in ("-", "/")}


def _gacutil(program: Program) -> Iterator[Action]:
    switches, plain = _switches(program), program.plain()
    name = plain[0] if plain else ""
    if switches & {"i", "if", "il", "ir", "install"}:
        yield Action(Act.INSTALL, "gacutil", subject=name, code=name)
    elif switches & {"u", "uf", "ul", "ur", "uninstall", "ungen"}:
        yield Action(Act.UNREGISTER, "gacutil", name=name)


def _regsvr32(program: Program) -> Iterator[Action]:
    for path in program.plain():
        if place(path) not in ("", "bin"):
            removed = "u" in _switches(program)
            note = "COM class" + (" removed" if removed else "")
            yield Action(Act.UNREGISTER if removed else Act.INSTALL, "regsvr32", subject=path, code=path, note=note)


def _iissetup(program: Program) -> Iterator[Action]:
    for switch, act in (("install", Act.INSTALL), ("uninstall", Act.UNREGISTER)):
        for word, following in pairwise((*program.arguments, "")):
            if word[1:].lower() == switch:
                yield Action(act, "iissetup", name=following)


def _aspnet_regiis(program: Program) -> Iterator[Action]:
    switches, plain = _switches(program), program.plain()
    if switches & {"pd", "pdf"}:
        yield Action(
            Act.EXPOSE, "aspnet_regiis", section="".join(plain[:1]), scope="".join(plain[1:2]), note="decrypted"
        )
    elif "px" in switches:
        yield Action(Act.EXPOSE, "aspnet_regiis", name="".join(plain[:1]), note="key container exported")
    elif switches & {"i", "ir", "enable", "s", "sn"}:
        yield Action(Act.INSTALL, "aspnet_regiis", name="ASP.NET")
    elif switches & {"pe", "pef", "u", "ua", "ga"}:
        yield Action(Act.CONFIGURE, "aspnet_regiis", note=" ".join(sorted(switches)))


def _msdeploy(program: Program) -> Iterator[Action]:
    given = dict(word[1:].partition(":")[::2] for word in program.arguments if word[:1] in "-/" and ":" in word)
    given = {name.lower(): value for name, value in given.items()}
    match = _DEPLOYED.match(given.get("dest", ""))
    if given.get("verb", "").lower() not in ("sync", "delete") or match is None:
        return
    target = given["dest"][match.end() :].lstrip("=:").split(",")[0].strip("\"'")
    provider = match[1].lower()
    if provider in ("gacassembly", "gacinstall"):
        yield Action(Act.INSTALL, "msdeploy", subject=target, code=target)
    elif provider in ("contentpath", "dirpath", "filepath", "iisapp"):
        act = Act.DELETE if given["verb"].lower() == "delete" else Act.WRITE
        yield Action(act, "msdeploy", subject=target, note=f"from {given.get('source', '')}")
    else:
        yield Action(Act.RESTORE, "msdeploy", name=target, note=match[1])


def _wevtutil(program: Program) -> Iterator[Action]:
    words = [word for word in program.arguments if word]
    verb = words[0].lower() if words else ""
    plain = [word for word in words[1:] if word[0] not in "-/"]
    channel = plain[0] if plain else ""
    if verb in ("cl", "clear-log"):
        yield Action(Act.CLEAR, "wevtutil", subject=channel)
    elif verb in ("sl", "set-log"):
        settings = {word[1:].lower().replace("=", ":") for word in words if word[0] in "-/"}
        if settings & {"e:false", "enabled:false"}:
            yield Action(Act.BLIND, "wevtutil", subject=channel, name="enabled", new="false")
        elif settings & {"e:true", "enabled:true"}:
            yield Action(Act.CONFIGURE, "wevtutil", subject=channel, name="enabled", new="true")
    elif verb in ("um", "uninstall-manifest"):
        yield Action(Act.BLIND, "wevtutil", subject=channel, note="manifest uninstalled")


def _auditpol(program: Program) -> Iterator[Action]:
    line = [word.lower() for word in program.arguments]
    if "/clear" in line or "/remove" in line:
        yield Action(Act.BLIND, "auditpol", note="audit policy cleared")
    elif "/set" in line and any(word in ("/success:disable", "/failure:disable") for word in line):
        name = next(
            (word.partition(":")[2] for word in program.arguments if word.lower().startswith(("/sub", "/cat"))), ""
        )
        yield Action(Act.BLIND, "auditpol", name=name.strip('"'), new="disabled")


def _reg(program: Program) -> Iterator[Action]:
    words = program.arguments
    if len(words) < 2 or words[0].lower() not in ("add", "delete"):
        return
    given = {word.lower(): following for word, following in pairwise((*words[2:], ""))}
    yield from registry("reg", words[1], given.get("/v", ""), given.get("/d", ""), words[0].lower() == "delete")


def registry(tool: str, key: str, name: str, data: str, removed: bool = False) -> Iterator[Action]:
    """Yield a registry value that logging, IIS or protection depends on."""
    channel = _CHANNEL.search(key)
    if channel is not None and name.lower() == "enabled" and data.lower() in ("0", "0x0"):
        yield Action(Act.BLIND, tool, subject=channel[1], name="Enabled", new=data)
    elif _EXCLUSIONS.search(key) and not removed:
        yield Action(Act.EXEMPT, tool, subject=name, name=key.rpartition("\\")[2])
    elif _ENVIRONMENT.search(key) or _PROFILER.match(name):
        note = "removed" if removed else ""
        yield Action(Act.SET_VALUE, tool, subject=f"{key}\\{name}", name=name, new=data, note=note)


def _service(program: Program) -> Iterator[Action]:
    words = [word.lower() for word in program.arguments if not word.startswith("\\\\")]
    if len(words) < 2:
        return
    disabled = words[0] == "config" and re.search(r"start=\s*disabled", " ".join(words)) is not None
    if words[0] in ("stop", "delete", "pause") or disabled:
        yield from stopped(program.name, program.arguments[-1] if len(words) == 2 else words[1], disabled)


def stopped(tool: str, service: str, disabled: bool = False) -> Iterator[Action]:
    """Yield the stop of a service that writes logs."""
    what = _SERVICES.get(service.lower())
    if what:
        yield Action(Act.BLIND, tool, subject=service, note=f"{what}: service {'disabled' if disabled else 'stopped'}")


def _dism(program: Program) -> Iterator[Action]:
    enabled = "enable-feature" in _switches(program)
    for word in program.arguments:
        name, _, feature = word[1:].partition(":")
        if enabled and name.lower() == "featurename" and feature.lower().startswith(("iis-", "was-")):
            yield Action(Act.INSTALL, "dism", name=feature, note="Windows feature")


def _wmic(program: Program) -> Iterator[Action]:
    line = " ".join(program.arguments)
    if re.search(r"root[\\/]+webadministration", line, re.IGNORECASE) and re.search(
        r"\b(?:create|set|call|delete)\b", line, re.IGNORECASE
    ):
        yield Action(Act.CONFIGURE, "WMI", note=line[:256])


def redirected(targets: tuple[str, ...]) -> Iterator[Action]:
    """Yield the files that output was redirected into."""
    for target in targets:
        yield from written("redirection", target)


PROGRAMS: Mapping[str, Callable[[Program], Iterator[Action]]] = {
    "gacutil": _gacutil,
    "regsvr32": _regsvr32,
    "iissetup": _iissetup,
    "aspnet_regiis": _aspnet_regiis,
    "msdeploy": _msdeploy,
    "wevtutil": _wevtutil,
    "auditpol": _auditpol,
    "reg": _reg,
    **dict.fromkeys(("sc", "net", "net1"), _service),
    "dism": _dism,
    "wmic": _wmic,
}
