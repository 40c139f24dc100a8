"""L-02 and L-03: managed modules, of the integrated pipeline and of the classic one."""

from collections.abc import Iterable

from iisight.inventory.draft import Draft, from_track, normal_type, pools_for
from iisight.inventory.survey import Survey
from iisight.model.component import Kind

INTEGRATED = "system.webServer/modules"
CLASSIC = "system.web/httpModules"


def find(survey: Survey) -> Iterable[Draft]:
    """Yield the managed modules of every scope; the classic section counts in classic pools alone."""
    pools = survey.server.pools.values()
    for section, mechanism in ((INTEGRATED, "L-02"), (CLASSIC, "L-03")):
        kept = [p for p in pools if p.integrated is (section == INTEGRATED)]
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
                pools=pools_for(survey.server, precondition, kept),
                folders=survey.bin_folders(row.entry.scope),
            )
            yield from_track(row, section, draft)
