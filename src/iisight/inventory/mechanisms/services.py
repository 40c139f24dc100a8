"""L-29: the Windows services of IIS: their program, the DLL it loads for them, and the command run when they fail."""

import re
from collections.abc import Iterable, Iterator

from iisight.catalogue.lookup import catalogue
from iisight.inventory.draft import Draft
from iisight.inventory.registry import SERVICES, Asked
from iisight.inventory.survey import Survey
from iisight.model.component import Kind, Presence, Registration
from iisight.model.config import Fate
from iisight.model.registry import Key

_DISABLED = 4  # SERVICE_DISABLED, winsvc.h
_PROGRAM = re.compile(r'\s*(?:"([^"]*)"|(.*?\.(?:exe|sys))(?=\s|$)|(\S+))\s*(.*)', re.IGNORECASE | re.DOTALL)


def find(survey: Survey) -> Iterable[Draft]:
    """Yield a draft for every file and command of a service."""
    if survey.registry is None:
        return
    for name in dict.fromkeys(row["name"] for row in catalogue().rows("services")):
        key = survey.registry.key(rf"{SERVICES}\{name}")
        if key is not None:
            yield from _service(survey, survey.registry, name, key)


def _service(survey: Survey, registry: Asked, name: str, key: Key) -> Iterator[Draft]:
    off = key.number("Start") == _DISABLED
    program, arguments = split_command(key.text("ImagePath"))
    if program:
        image = survey.server.expand(_rooted(program))
        yield _registered(Draft(Kind.SERVICE, "L-29", name, image=image, arguments=arguments), key, "ImagePath", off)
    parameters = registry.key(rf"{SERVICES}\{name}\Parameters")
    for holder in (parameters, key):  # Windows looks below Parameters first
        if holder is not None and holder.text("ServiceDll"):
            image = survey.server.expand(_rooted(holder.text("ServiceDll").strip('"')))
            yield _registered(Draft(Kind.SERVICE, "L-29", name, image=image), holder, "ServiceDll", off)
            break
    if key.text("FailureCommand"):
        draft = Draft(Kind.SERVICE, "L-29", f"{name} failure command", arguments=key.text("FailureCommand"))
        yield _registered(draft, key, "FailureCommand", off)


def split_command(text: str) -> tuple[str, str]:
    """Return the program and the arguments of a service's command line."""
    match = _PROGRAM.fullmatch(text[:4096])
    return ("", "") if match is None else (match[1] or match[2] or match[3] or "", match[4])


def _rooted(path: str) -> str:
    r"""Return a path as programs write it: `\SystemRoot\x`, `\??\C:\x` and `system32\x` are the kernel's ways."""
    if re.match(r"^\\\?\?\\", path):
        return path[4:]
    return re.sub(r"^(?:\\systemroot\\|(?=system32\\))", r"%SystemRoot%\\", path, flags=re.IGNORECASE)


def _registered(draft: Draft, key: Key, name: str, off: bool) -> Draft:
    value = key.value(name)
    place = key.locator if value is None else value.locator
    attributes = ((name, key.text(name)),)
    fate, reason = (Fate.DISABLED, "the service is disabled") if off else (Fate.ACTIVE, "")
    draft.registrations.append(Registration(place, key.path, "", attributes, fate, reason=reason))
    draft.presence.append(Presence("", not off, place if off else None, reason))
    return draft
