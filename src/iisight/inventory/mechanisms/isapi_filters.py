"""L-06: ISAPI filters of the server, of a site, or of a web.config where the section is unlocked."""

from collections.abc import Iterable

from iisight.inventory.draft import Draft, from_switched
from iisight.inventory.survey import Survey
from iisight.model.component import Kind

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
        yield from_switched(row, SECTION, draft)
