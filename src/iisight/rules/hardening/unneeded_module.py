"""IIS915: native modules that run code and that nothing needs."""

from collections.abc import Iterable

from iisight.model.component import Kind
from iisight.model.finding import Severity
from iisight.model.posture import Input, Point, Subject
from iisight.rules._common import Options
from iisight.rules.hardening._host import Host
from iisight.rules.hardening._points import check_info, failed, named, not_applicable, passed
from iisight.tables import rows

INFO = check_info(
    "IIS915",
    "Native module that runs code and that nothing needs",
    Severity.LOW,
    "M1038",
    "Remove the role services of modules that no site uses: WebDAV, server-side includes, CGI, custom logging",
    Input.CONFIGURATION,
    Input.WEB_CONFIGS,
    mechanisms=("L-01",),
    references=("1.7", "IIST-SV-000123", "IIST-SV-000125"),
)
_SECTION = "system.webServer/globalModules"


def check(host: Host, _options: Options) -> Iterable[Point]:
    """Yield every such module that is installed and that no component of the server needs."""
    server = host.server
    if server is None:
        return
    entries = {e.key: e for e in server.resolver.effective(server.tree.root, _SECTION).entries}
    if not entries:
        yield not_applicable("the configuration has no native module")
        return
    kinds = {c.kind for c in host.inventory.components if c.server == server.name and c.effective and c.image}
    missing: list[str] = []
    for row in rows("iisight.rules.hardening", "unneeded_modules"):
        entry, name = entries.get(row["module"]), row["module"]
        if entry is None or (row["needed_by"] and Kind(row["needed_by"]) in kinds):
            missing.append(name)
            continue
        nothing = (
            f"and no {row['needed_by']} is configured" if row["needed_by"] else "best removed where it is not needed"
        )
        subject = Subject("module", name, (("image", entry.element.get("image")),))
        message = f"{name} is installed: {row['why']}, {nothing}"
        yield failed(message, entry.locator, subjects=[subject], by_default=bool(row["needed_by"]))
    if missing:
        yield passed(f"not installed or in use: {named(missing, 6)}")
