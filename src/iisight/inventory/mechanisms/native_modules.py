"""L-01: native modules, registered in `globalModules` and enabled by name in `modules`."""

from collections.abc import Iterable

from iisight.inventory.draft import Draft, from_track
from iisight.inventory.survey import Survey
from iisight.inventory.track import Track
from iisight.model.component import Kind
from iisight.model.config import Fate

GLOBAL = "system.webServer/globalModules"
ENABLED = "system.webServer/modules"


def find(survey: Survey) -> Iterable[Draft]:
    """Yield every native module: registered ones, and names that are enabled and registered nowhere."""
    enabled: dict[str, list[Track]] = {}
    for row in survey.track(ENABLED):
        if not row.get("type"):
            enabled.setdefault(row.get("name"), []).append(row)
    for row in survey.track(GLOBAL):
        yield _registered(survey, row, enabled)
    registered = {row.get("name") for row in survey.track(GLOBAL)}
    for name in sorted(enabled.keys() - registered):
        for row in enabled[name]:
            yield from_track(row, ENABLED, Draft(Kind.NATIVE_MODULE, "L-01", name))


def _registered(survey: Survey, row: Track, enabled: dict[str, list[Track]]) -> Draft:
    """Join a registration with the rows that enable it; without any, it is loaded all the same."""
    precondition = row.get("preCondition")
    draft = Draft(
        Kind.NATIVE_MODULE,
        "L-01",
        row.get("name"),
        image=survey.server.expand(row.get("image")),
        precondition=precondition,
        pools=survey.server.pools_for(precondition),
    )
    from_track(row, GLOBAL, draft)
    rows = enabled.get(row.get("name"), [])
    draft.registrations.extend(r.registration(ENABLED) for r in rows)
    if row.fate is Fate.ACTIVE and any(r.fate is Fate.ACTIVE for r in rows):
        draft.presence = [p for r in rows if r.fate is Fate.ACTIVE for p in r.presence]
    return draft
