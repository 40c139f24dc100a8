"""Ordinary administration, told and not called bad: a stock server with its history and event logs."""

from datetime import UTC, datetime

import pytest

from iisight.engine.scan import scan
from iisight.engine.verdicts import is_weighty
from iisight.evidence.memory import memory_source
from iisight.model.component import Verdict
from iisight.model.report import Report
from iisight.workbench.event_logs import logs_of
from iisight.workbench.pages import Case, blocks_of, files_of, times_of

ADMIN = "S-1-5-21-1-2-3-500"
PAGE = r"""
```snapshot CFGHISTORY_0000000004
2026-03-01T08:00:00+00:00
```
```event Microsoft-IIS-Configuration/Operational 29
@time: 2026-03-01T07:59:00+00:00
@user: S-1-5-21-1-2-3-500
Configuration: /system.applicationHost/sites/site[@name="Shop"]/@serverAutoStart
EditOperationType: 3
NewValue: true
```
```event Security 4624
@time: 2026-03-02T08:55:00+00:00
TargetUserName: admin
TargetDomainName: CONTOSO
TargetLogonId: 0x41a2b
LogonType: 2
IpAddress: 127.0.0.1
```
```event Microsoft-Windows-Sysmon/Operational 11
@time: 2026-03-02T09:00:00+00:00
ProcessGuid: {5A1C0FE1-6F88-69A3-1102-000000000001}
ProcessId: 800
Image: C:\Windows\explorer.exe
TargetFilename: C:\Program Files\Acme\acme.dll
User: CONTOSO\admin
```
```event Microsoft-Windows-Sysmon/Operational 1
@time: 2026-03-02T09:02:00+00:00
ProcessGuid: {5A1C0FE1-6F88-69A3-1102-000000000002}
ProcessId: 900
Image: C:\Windows\System32\inetsrv\appcmd.exe
OriginalFileName: appcmd.exe
CommandLine: appcmd.exe install module /name:AcmeModule "/image:C:\Program Files\Acme\acme.dll"
User: CONTOSO\admin
LogonId: 0x41a2b
ParentProcessGuid: {5A1C0FE1-6F88-69A3-1102-000000000001}
ParentProcessId: 800
ParentImage: C:\Windows\System32\cmd.exe
```
```event Microsoft-IIS-Configuration/Operational 29
@time: 2026-03-02T09:02:01+00:00
@user: S-1-5-21-1-2-3-500
@process: 900
Configuration: /system.webServer/globalModules/add[@name="AcmeModule"]/@image
EditOperationType: 1
NewValue: C:\Program Files\Acme\acme.dll
```
```event Microsoft-IIS-Configuration/Operational 29
@time: 2026-03-04T09:02:01+00:00
@user: S-1-5-21-1-2-3-500
Configuration: /system.applicationHost/sites/site[@name="Shop"]/@serverAutoStart
EditOperationType: 3
NewValue: false
```
```insert system.webServer/globalModules
<add name="AcmeModule" image="C:\Program Files\Acme\acme.dll" />
```
```insert location/system.webServer/modules
<add name="AcmeModule" />
```
```pe C:\Program Files\Acme\acme.dll
exports: RegisterModule
company: Acme
modified: 2026-03-02T09:00:00+00:00
```
```snapshot CFGHISTORY_0000000005
2026-03-02T09:02:01+00:00
```
```snapshot CFGHISTORY_0000000006
2026-03-04T09:02:01+00:00
```
```modified C:\Windows\System32\inetsrv\config\applicationHost.config
2026-03-04T09:02:01+00:00
```
"""


@pytest.fixture(scope="module")
def report() -> Report:
    case = Case("administration", False, tuple(blocks_of(PAGE)))
    files = {**files_of(case), **logs_of(case.blocks)}
    return scan(memory_source(files, modified=times_of(case, files)))


def test_nothing_of_it_is_weighty(report: Report) -> None:
    assert [(f.rule, f.message) for f in report.findings if is_weighty(f)] == []
    assert {j.verdict for j in report.components} <= {Verdict.KNOWN, Verdict.TRUSTED, Verdict.UNVERIFIED}


def test_its_story_is_told_all_the_same(report: Report) -> None:
    (module,) = (j for j in report.components if j.component.name == "AcmeModule")
    told = [(m.source, m.time) for m in module.story]
    second = datetime(2026, 3, 2, 9, 2, 1, tzinfo=UTC)

    assert told == [
        ("Sysmon 11", datetime(2026, 3, 2, 9, 0, tzinfo=UTC)),
        ("file times", datetime(2026, 3, 2, 9, 0, tzinfo=UTC)),
        ("Sysmon 1", datetime(2026, 3, 2, 9, 2, tzinfo=UTC)),
        ("IIS-Configuration 29", second),
        ("configuration history", second),
    ]
    assert module.story[3].who == (
        r'CONTOSO\admin, cmd.exe > appcmd.exe install module /name:AcmeModule "/image:C:\Program Files\Acme\acme.dll",'
        " logged on at the console at 2026-03-02 08:55:00Z"
    )


def test_no_rule_says_that_the_file_was_edited_or_the_history_thinned(report: Report) -> None:
    assert {f.rule for f in report.findings if f.rule.startswith("IIS50")} == {"IIS503"}
