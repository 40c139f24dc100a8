"""Policies and scripts that answer the checks of a server, written for a person to review. Nothing of them is run."""

from iisight.model.remedy import Remedies
from iisight.report.policies.applocker import write_applocker
from iisight.report.policies.readme import readme
from iisight.report.policies.scripts import write_scripts
from iisight.report.policies.sysmon import write_sysmon
from iisight.report.policies.wdac import write_wdac
from iisight.report.policies.written import Written


def write_policies(remedies: Remedies) -> tuple[Written, ...]:
    """Return every file, the page that explains them last. The same remedies give the same bytes."""
    files = (
        *write_scripts(remedies),
        *write_sysmon(remedies),
        *write_applocker(remedies),
        *write_wdac(remedies),
    )
    return (*files, readme(remedies, files))
