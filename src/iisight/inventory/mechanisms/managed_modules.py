"""L-02 and L-03: managed modules, of the integrated pipeline and of the classic one."""

from collections.abc import Iterable

from iisight.inventory.draft import Draft, from_track, normal_type
from iisight.inventory.survey import Survey
from iisight.model.component import Kind

INTEGRATED = "system.webServer/modules"
CLASSIC = "system.web/httpModules"


def find(survey: Survey) -> Iterable[Draft]:
    """Yield the managed modules of every scope; the classic section counts in classic pools alone."""
    for section, mechanism in ((INTEGRATED, "L-02"), (CLASSIC, "L-03")):
        for row in survey.track(section):
            if not row.get("type"):
                continue
            precondition = row.get("preCondition")
            draft = Draft(
                Kind.MANAGED_MODULE,
                mechanism,
                row.get("name"),
                type=normal_type(row.get("type")),
                precondition=precondition,
                pools=survey.server.pools_for(precondition, integrated=section == INTEGRATED),
                folders=survey.bin_folders(row.entry.scope),
            )
            yield from_track(row, section, draft)
