"""IIS906: somebody who is no administrator can make IIS load code."""

from collections.abc import Iterable

from iisight.model.finding import Severity
from iisight.model.posture import Input, InstallRow, Installs, Point, Subject
from iisight.rules._common import Options
from iisight.rules.hardening._host import Host
from iisight.rules.hardening._installers import install_rows, left_out
from iisight.rules.hardening._points import check_info, failed, named, not_applicable, passed, plural, unknown

INFO = check_info(
    "IIS906",
    "Component that can be installed without being administrator",
    Severity.CRITICAL,
    "M1026",
    "Lock modules and handlers, and take write access to web.config and bin from pools and content accounts",
    Input.CONFIGURATION,
    Input.WEB_CONFIGS,
    mechanisms=("L-02", "L-04", "L-25"),
)


def check(host: Host, _options: Options) -> Iterable[Point]:
    """Yield every application at which that is so, or may be so."""
    if host.server is None:
        return
    safe: list[str] = []
    rows = list(install_rows(host))
    for row in rows:
        if row.installs is Installs.YES:
            message = f"'{row.scope}': {named(row.writers)} can install code by {' or '.join(row.how)}"
            yield failed(message, subjects=[_subject(row)])
        elif row.installs is Installs.UNKNOWN:
            by = f"{named(row.writers)} may be able to" if row.writers else "somebody may be able to"
            yield unknown(f"'{row.scope}': {by} install code", row.missing, subjects=[_subject(row)])
        else:
            safe.append(row.scope)
    if safe:
        yield passed(f"only administrators can install code at {named(safe)}")
    if more := left_out(host):
        yield unknown(f"{plural(more, 'further application')} not looked at", ["the configuration of those alone"])
    if not rows:
        yield not_applicable("the configuration has no application")


def _subject(row: InstallRow) -> Subject:
    facts = [("pool", row.pool), ("folder", row.folder), *(("section", section) for section in row.delegated)]
    return Subject("site", row.scope, (*facts, *(("account", who) for who in row.writers)))
