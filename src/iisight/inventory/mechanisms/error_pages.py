"""L-32: error pages that run code: httpErrors in ExecuteURL mode, and ASP.NET's customErrors."""

from collections.abc import Iterable, Iterator

from iisight.evidence import paths
from iisight.inventory.draft import Draft, from_track
from iisight.inventory.survey import Survey
from iisight.model.component import Kind, Registration

NATIVE = "system.webServer/httpErrors"
CLASSIC = "system.web/customErrors"
_STATIC = frozenset({".htm", ".html", ".txt", ".xml", ".json"})
_EXECUTE = "executeurl"


def find(survey: Survey) -> Iterable[Draft]:
    """Yield a draft for every error page that is run, not sent."""
    default_mode = survey.settings(NATIVE, "", "defaultResponseMode")
    executes = any(t.setting.value.lower() == _EXECUTE for t in default_mode)
    for track in survey.track(NATIVE):
        mode = track.get("responseMode").lower() or (_EXECUTE if executes else "")
        if mode == _EXECUTE and is_run(track.get("path")):
            draft = Draft(Kind.ERROR_PAGE, "L-32", _code(track.get("statusCode")), arguments=track.get("path"))
            yield from_track(track, NATIVE, draft)
    if executes:
        yield from _default(survey, NATIVE, "defaultPath")
    for track in survey.track(CLASSIC):
        if is_run(track.get("redirect")):
            draft = Draft(Kind.ERROR_PAGE, "L-32", _code(track.get("statusCode")), arguments=track.get("redirect"))
            yield from_track(track, CLASSIC, draft)
    yield from _default(survey, CLASSIC, "defaultRedirect")


def is_run(url: str) -> bool:
    """Tell whether a URL of this server names something other than a static page."""
    path = url.partition("?")[0].strip()
    return bool(path) and "://" not in path and paths.extension(path) not in _STATIC


def _code(status: str) -> str:
    return f"error {status or 'default'}"


def _default(survey: Survey, section: str, attribute: str) -> Iterator[Draft]:
    for track in survey.settings(section, "", attribute):
        setting = track.setting
        if is_run(setting.value):
            draft = Draft(Kind.ERROR_PAGE, "L-32", _code(""), arguments=setting.value)
            attributes = ((attribute, setting.value),)
            draft.registrations.append(Registration(setting.locator, section, setting.scope, attributes))
            draft.presence.extend(track.presence)
            yield draft
