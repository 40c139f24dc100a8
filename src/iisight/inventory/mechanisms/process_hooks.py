"""L-33: registry values by which Windows loads code into processes of IIS, or starts another program in their place."""

import re
from collections.abc import Iterable, Iterator

from iisight.inventory.draft import Draft
from iisight.inventory.registry import CONTROL, MICROSOFT, SOFTWARE
from iisight.inventory.survey import Survey
from iisight.model.component import Kind, Presence, Registration
from iisight.model.config import Fate
from iisight.model.registry import Key, Value

PROCESSES = ("w3wp.exe", "appcmd.exe", "inetinfo.exe", "wmsvc.exe", "iissetup.exe", "svchost.exe")
_NT = r"Windows NT\CurrentVersion"
_APP_INIT = (rf"{MICROSOFT}\{_NT}\Windows", rf"{SOFTWARE}\WOW6432Node\Microsoft\{_NT}\Windows")
_OPTIONS = rf"{MICROSOFT}\{_NT}\Image File Execution Options"
_EXIT = rf"{MICROSOFT}\{_NT}\SilentProcessExit"
_SEPARATORS = re.compile(r"[ ,]+")
_VERIFIER = 0x100  # FLG_APPLICATION_VERIFIER, without which VerifierDlls are not loaded
_MAX_FILES = 64


def find(survey: Survey) -> Iterable[Draft]:
    """Yield a draft for every such value."""
    if survey.registry is None:
        return
    for path in _APP_INIT:
        key = survey.registry.key(path)
        if key is not None:
            yield from _app_init(survey, key)
    key = survey.registry.key(rf"{CONTROL}\Session Manager\AppCertDLLs")
    for value in key.values if key is not None else ():
        if key is not None and isinstance(value.data, str) and value.data.strip():
            yield _loaded(survey, f"AppCertDLLs/{value.name}", value.data.strip(), key, value)
    for process in PROCESSES:
        yield from _process(survey, process)


def _app_init(survey: Survey, key: Key) -> Iterator[Draft]:
    value = key.value("AppInit_DLLs")
    files = [f for f in _SEPARATORS.split(key.text("AppInit_DLLs")) if f][:_MAX_FILES]
    off = "" if key.number("LoadAppInit_DLLs") else "LoadAppInit_DLLs is not 1"
    for file in files if value is not None else ():
        if value is not None:
            yield _loaded(survey, "AppInit_DLLs", file, key, value, off)


def _process(survey: Survey, process: str) -> Iterator[Draft]:
    if survey.registry is None:
        return
    options = survey.registry.key(rf"{_OPTIONS}\{process}")
    if options is not None:
        value = options.value("Debugger")
        if value is not None and options.text("Debugger"):
            yield _started(f"Debugger of {process}", options, value)
        value = options.value("VerifierDlls")
        off = "" if (options.number("GlobalFlag") or 0) & _VERIFIER else "GlobalFlag does not ask for it"
        for file in _SEPARATORS.split(options.text("VerifierDlls"))[:_MAX_FILES]:
            if value is not None and file:
                yield _loaded(survey, f"VerifierDlls of {process}", file, options, value, off)
    monitor = survey.registry.key(rf"{_EXIT}\{process}")
    value = None if monitor is None else monitor.value("MonitorProcess")
    if monitor is not None and value is not None and monitor.text("MonitorProcess"):
        yield _started(f"MonitorProcess of {process}", monitor, value)


def _loaded(survey: Survey, name: str, file: str, key: Key, value: Value, off: str = "") -> Draft:
    image = survey.server.expand(file.strip('"'))
    if "\\" not in image:
        image = survey.server.expand(
            rf"%SystemRoot%\System32\{image}"
        )  # where the loader looks next to the program's own
    return _registered(Draft(Kind.PROCESS_HOOK, "L-33", name, image=image), key, value, off)


def _started(name: str, key: Key, value: Value) -> Draft:
    return _registered(Draft(Kind.PROCESS_HOOK, "L-33", name, arguments=key.text(value.name)), key, value, "")


def _registered(draft: Draft, key: Key, value: Value, off: str) -> Draft:
    fate = Fate.DISABLED if off else Fate.ACTIVE
    attributes = ((value.name, key.text(value.name)),)
    draft.registrations.append(Registration(value.locator, key.path, "", attributes, fate, reason=off))
    draft.presence.append(Presence("", not off, value.locator if off else None, off))
    return draft
