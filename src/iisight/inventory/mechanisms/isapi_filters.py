"""L-06: ISAPI filters of the server, of a site, or of a web.config where the section is unlocked."""

from collections.abc import Iterable
from dataclasses import replace

from iisight.inventory.draft import Draft, from_track
from iisight.inventory.survey import Survey
from iisight.model.component import Kind
from iisight.model.config import Fate

SECTION = "system.webServer/isapiFilters"


def find(survey: Survey) -> Iterable[Draft]:
    """Yield every filter row; `enabled=false` keeps one dormant."""
    for row in survey.track(SECTION):
        precondition = row.get("preCondition")
        draft = Draft(
            Kind.ISAPI_FILTER,
            "L-06",
            row.get("name"),
            image=survey.server.expand(row.get("path")),
            precondition=precondition,
            pools=survey.server.pools_for(precondition),
        )
        from_track(row, SECTION, draft)
        if row.get("enabled", "true").lower() == "false" and row.fate is Fate.ACTIVE:
            draft.presence = []
            off = replace(draft.registrations[0], fate=Fate.DISABLED, reason="enabled=false")
            draft.registrations = [off]
        yield draft
