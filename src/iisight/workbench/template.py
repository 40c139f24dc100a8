"""Write the two files a new rule starts from."""

from collections.abc import Iterable
from pathlib import Path

from iisight import rules
from iisight.model.errors import UsageError

_BLOCKS = {"configuration": 1, "binaries": 2, "events": 3, "weblogs": 4, "correlation": 5, "hardening": 9}

_CODE = '''"""{id}: say in one line what is bad."""

from collections.abc import Iterable

from iisight.inventory.inventory import Inventory
from iisight.model.component import Kind
from iisight.model.finding import Confidence, Finding, Severity
from iisight.model.rule import RuleInfo
from iisight.rules._common import Options, evidence_of, finding, is_known

INFO = RuleInfo(
    id="{id}",
    title="{title}",
    severity=Severity.MEDIUM,
    confidence=Confidence.LOW,
    mechanisms=("L-01",),
)


def check(inventory: Inventory, _options: Options) -> Iterable[Finding]:
    """Yield a finding for every native module named EXAMPLE."""
    for component in inventory.of(Kind.NATIVE_MODULE):
        if component.name == "EXAMPLE" and not is_known(component):
            message = f"native module '{{component.name}}' is loaded from {{component.image}}"
            yield finding(INFO, message, evidence_of(component), component)
'''

_PAGE = """# {id} {title}

## What it flags
Which fact, read from which file.

## Why it matters
What an intruder gains by it.

## Fires
```insert system.webServer/globalModules
<add name="EXAMPLE" image="%ProgramFiles%\\Example\\example.dll" />
```
```expect
medium/low: native module 'EXAMPLE' is loaded from C:\\Program Files\\Example\\example.dll
```

## Stays quiet
```insert system.webServer/globalModules
<add name="EXAMPLES" image="%ProgramFiles%\\Example\\example.dll" />
```

## Known false positives
Which product does the same, and how to tell.

## ATT&CK
T1505.004 Server Software Component: IIS Components

## What to do next
`%windir%\\System32\\inetsrv\\appcmd.exe list config -section:system.webServer/globalModules`
"""

_EVENT_CODE = '''"""{id}: say in one line what is bad."""

from collections.abc import Iterable

from iisight.model.activity import Act, Activity
from iisight.model.finding import Confidence, Finding, Severity
from iisight.model.rule import RuleInfo
from iisight.rules._common import Options
from iisight.rules._events import actions, by_whom, event_finding

INFO = RuleInfo(
    id="{id}",
    title="{title}",
    severity=Severity.MEDIUM,
    confidence=Confidence.LOW,
    mechanisms=("L-01",),
)


def check(activity: Activity, _options: Options) -> Iterable[Finding]:
    """Yield a finding for every component named EXAMPLE that is taken out of the configuration."""
    for action in actions(activity, Act.UNREGISTER):
        if action.name == "EXAMPLE":
            who = f"{{by_whom(activity.actor)}} ({{action.tool}})"
            yield event_finding(INFO, activity, f"{{action.name}} was taken out of {{action.section}}{{who}}")
'''

_EVENT_PAGE = """# {id} {title}

## What it flags
Which fact, of which events.

## Why it matters
What an intruder gains by it.

## Fires
```event Microsoft-Windows-Sysmon/Operational 1
Image: C:\\Windows\\System32\\inetsrv\\appcmd.exe
CommandLine: appcmd.exe uninstall module EXAMPLE
User: CONTOSO\\eve
```
```expect
medium/low: EXAMPLE was taken out of system.webServer/globalModules by CONTOSO\\eve with C:\\Windows\\System32\\inetsrv\\appcmd.exe (AppCmd)
```

## Stays quiet
```event Microsoft-Windows-Sysmon/Operational 1
Image: C:\\Windows\\System32\\inetsrv\\appcmd.exe
CommandLine: appcmd.exe list module EXAMPLE
User: CONTOSO\\eve
```

## Known false positives
Which product does the same, and how to tell.

## ATT&CK
T1505.004 Server Software Component: IIS Components

## What to do next
`%windir%\\System32\\inetsrv\\appcmd.exe list modules`
"""  # noqa: E501  what a rule says is one line

_CHECK_CODE = '''"""{id}: say in one line what should not be."""

from collections.abc import Iterable

from iisight.model.finding import Severity
from iisight.model.posture import Input, Point, Subject
from iisight.rules._common import Options
from iisight.rules.hardening._host import Host
from iisight.rules.hardening._points import check_info, failed, passed

INFO = check_info(
    "{id}",
    "{title}",
    Severity.LOW,
    "M1026",
    "Say in one clause what to change",
    Input.CONFIGURATION,  # what it rests on: without that it cannot pass
)


def check(host: Host, _options: Options) -> Iterable[Point]:
    """Yield every pool named EXAMPLE, or a pass; where nothing is yielded the answer is not known."""
    server = host.server
    if server is None:
        return
    bad = [pool.name for pool in server.pools.values() if pool.name == "EXAMPLE"]
    for name in bad:
        yield failed(f"there is a pool '{{name}}'", subjects=[Subject("pool", name)])
    if not bad:
        yield passed("no pool is named EXAMPLE")
'''

_CHECK_PAGE = """# {id} {title}

## What it checks
Which fact, read from which file.

## What it rests on
applicationHost.config.

## Why it matters
What an intruder gains by it.

## Fails
```insert system.applicationHost/applicationPools
<add name="EXAMPLE" />
```
```expect
fail: there is a pool 'EXAMPLE'
```

## Passes
```expect
pass: no pool is named EXAMPLE
```

## Unknown
```delete C:\\Windows\\System32\\inetsrv\\config\\applicationHost.config
```
```expect
unknown: the evidence does not tell; needed: applicationHost.config in force
```

## References
- ATT&CK M1026 Privileged Account Management

## What to do next
`%windir%\\System32\\inetsrv\\appcmd.exe list apppool`
"""

_TEXTS = {
    "events": (_EVENT_CODE, _EVENT_PAGE),
    "hardening": (_CHECK_CODE, _CHECK_PAGE),
}  # by group; the others look at the inventory


def write_rule(stem: str, group: str, used: Iterable[str]) -> tuple[Path, Path]:
    """Write `<stem>.py` and `<stem>.md` into a group's folder and return their paths. Raises UsageError."""
    folder = Path(rules.__path__[0]) / group
    if not folder.is_dir() or group not in _BLOCKS:
        known = ", ".join(sorted(p.name for p in Path(rules.__path__[0]).iterdir() if p.name in _BLOCKS))
        raise UsageError(f"no group '{group}'; there are: {known}")
    code, page = folder / f"{stem}.py", folder / f"{stem}.md"
    if code.exists() or page.exists():
        raise UsageError(f"{code.name} is there already")
    try:
        for path, text in zip((code, page), texts(group, _next_id(group, used), stem), strict=True):
            path.write_text(text, encoding="utf-8", newline="\n")
    except OSError as error:
        raise UsageError(f"{error.filename}: {error.strerror}; rules are written in a source checkout") from error
    return code, page


def texts(group: str, number: str, stem: str) -> tuple[str, str]:
    """Return the code and the page of a new rule."""
    title = stem.replace("_", " ").capitalize()
    code, page = _TEXTS.get(group, (_CODE, _PAGE))
    return code.format(id=number, title=title), page.format(id=number, title=title)


def _next_id(group: str, used: Iterable[str]) -> str:
    block = str(_BLOCKS[group])
    numbers = [int(i[3:]) for i in used if i.startswith(f"IIS{block}")]
    return f"IIS{max(numbers, default=int(block) * 100) + 1}"
