"""L-04, L-05, L-07, L-08: handler rows, and the restriction list that gates ISAPI and CGI."""

import re
from collections.abc import Iterable

from iisight.evidence import paths
from iisight.inventory.draft import Draft, from_track, normal_type
from iisight.inventory.survey import Survey
from iisight.inventory.track import Track
from iisight.model.component import Kind, Presence, Registration
from iisight.model.config import Fate

HANDLERS = "system.webServer/handlers"
CLASSIC = "system.web/httpHandlers"
RESTRICTIONS = "system.webServer/security/isapiCgiRestriction"
FASTCGI = "system.webServer/fastCgi"
_SERVED_BY = {"IsapiModule": Kind.ISAPI_EXTENSION, "CgiModule": Kind.CGI, "FastCgiModule": Kind.FASTCGI}
_MECHANISM = {
    Kind.ISAPI_EXTENSION: "L-05",
    Kind.CGI: "L-07",
    Kind.FASTCGI: "L-08",
    Kind.MANAGED_HANDLER: "L-04",
    Kind.NATIVE_HANDLER: "L-04",
}
_COMMAND = re.compile(r'(?:"([^"]+)"|(.+?\.(?:exe|com|bat|cmd)))(?:\s(.*))?', re.IGNORECASE | re.DOTALL)
NOT_ALLOWED = "not allowed by isapiCgiRestriction"


def find(survey: Survey) -> Iterable[Draft]:
    """Yield a draft for every handler row, FastCGI application and restriction entry without a handler."""
    gate = Gate(survey)
    for row in survey.track(HANDLERS):
        yield gate.check(_handler(survey, row))
    for row in survey.track(CLASSIC):
        yield _classic(survey, row)
    for row in survey.track(FASTCGI):
        yield _fastcgi(survey, row)
    yield from gate.unused()


class Gate:
    """The ISAPI and CGI restriction list (L-05, L-07)."""

    def __init__(self, survey: Survey) -> None:
        """Read the list; without an applicationHost.config nothing is known of it."""
        server = survey.server
        state = server.resolver.effective(server.tree.root, RESTRICTIONS)
        self._known = server.apphost is not None
        self._open_isapi = state.value("notListedIsapisAllowed").lower() == "true"
        self._open_cgi = state.value("notListedCgisAllowed").lower() == "true"
        self._survey = survey
        self._rows: dict[str, list[Track]] = {}
        for row in survey.track(RESTRICTIONS):
            self._rows.setdefault(_key(*split_command(server.expand(row.get("path")))), []).append(row)
        self._used: set[str] = set()

    def check(self, draft: Draft) -> Draft:
        """Add the restriction entries of a draft's image, and take its presence away when none allows it."""
        if draft.kind not in {Kind.ISAPI_EXTENSION, Kind.CGI, Kind.FASTCGI} or not draft.image:
            return draft
        rows = [r for key in self._keys(draft) for r in self._rows.get(key, ())]
        self._used.update(self._keys(draft))
        draft.registrations.extend(_restriction(r) for r in rows)
        unlisted = self._open_isapi if draft.kind is Kind.ISAPI_EXTENSION else self._open_cgi
        allowed = any(_allows(r) for r in rows) if rows else unlisted
        if self._known and not allowed and draft.kind is not Kind.FASTCGI and draft.presence:
            draft.presence = [Presence("", False, None, NOT_ALLOWED)]
        return draft

    def unused(self) -> Iterable[Draft]:
        """Yield the entries of the list that no handler row of the server names."""
        for key in sorted(self._rows.keys() - self._used):
            for row in self._rows[key]:
                image, arguments = split_command(self._survey.server.expand(row.get("path")))
                kind = Kind.CGI if paths.extension(image) == ".exe" else Kind.ISAPI_EXTENSION
                name = row.get("description") or row.get("groupId") or paths.basename(image)
                draft = Draft(kind, _MECHANISM[kind], name, image=image, arguments=arguments)
                draft.registrations.append(_restriction(row))
                if _allows(row):
                    draft.presence.extend(row.presence)
                yield draft

    def _keys(self, draft: Draft) -> tuple[str, ...]:
        return tuple(dict.fromkeys((_key(draft.image or "", draft.arguments), _key(draft.image or "", ""))))


def split_command(path: str) -> tuple[str, str]:
    """Return (file, arguments) of a script processor: FastCGI writes `file|arguments`, CGI a command line."""
    image, bar, arguments = path.partition("|")
    command = None if bar else _COMMAND.fullmatch(image.strip())
    if command is not None:
        return command[1] or command[2], (command[3] or "").strip()
    return image.strip().strip('"'), arguments.strip()


def _key(image: str, arguments: str) -> str:
    return f"{paths.fold(image)}|{arguments.casefold()}"


def _allows(row: Track) -> bool:
    return row.fate is Fate.ACTIVE and row.get("allowed", "true").lower() == "true"


def _restriction(row: Track) -> Registration:
    registration = row.registration(RESTRICTIONS)
    if row.fate is Fate.ACTIVE and not _allows(row):
        return Registration(
            registration.locator,
            RESTRICTIONS,
            registration.scope,
            registration.attributes,
            Fate.DISABLED,
            reason="allowed=false",
        )
    return registration


def _handler(survey: Survey, row: Track) -> Draft:
    image, arguments = split_command(survey.server.expand(row.get("scriptProcessor")))
    modules = [m.strip() for m in row.get("modules").split(",")]
    kind = next((_SERVED_BY[m] for m in modules if m in _SERVED_BY), None)
    if row.get("type"):
        kind = Kind.MANAGED_HANDLER
    elif kind is None or (kind is Kind.ISAPI_EXTENSION and not image):
        kind = Kind.NATIVE_HANDLER
    precondition = row.get("preCondition")
    managed = kind is Kind.MANAGED_HANDLER
    draft = Draft(
        kind,
        _MECHANISM[kind],
        row.get("name"),
        image=image or None,
        type=normal_type(row.get("type")) if managed else (row.get("modules") or None if not image else None),
        arguments=arguments,
        precondition=precondition,
        pools=survey.server.pools_for(precondition),
        folders=survey.bin_folders(row.entry.scope) if managed else (),
    )
    return from_track(row, HANDLERS, draft)


def _classic(survey: Survey, row: Track) -> Draft:
    draft = Draft(
        Kind.MANAGED_HANDLER,
        "L-04",
        f"{row.get('verb')} {row.get('path')}".strip(),
        type=normal_type(row.get("type")),
        pools=survey.server.pools_for("", integrated=False),
        folders=survey.bin_folders(row.entry.scope),
    )
    return from_track(row, CLASSIC, draft)


def _fastcgi(survey: Survey, row: Track) -> Draft:
    image = survey.server.expand(row.get("fullPath"))
    draft = Draft(
        Kind.FASTCGI,
        "L-08",
        paths.basename(image),
        image=image,
        arguments=survey.server.expand(row.get("arguments")),
    )
    return from_track(row, FASTCGI, draft)
