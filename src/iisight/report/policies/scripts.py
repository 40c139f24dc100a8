"""Scripts of PowerShell: functions that do not depend on the evidence, and one call for each change.

Every call has literals alone, each quoted by `quoting`; above it stands the finding that it answers.
"""

from collections.abc import Callable, Iterable, Iterator

from iisight.model.remedy import (
    AuditedSubcategory,
    Change,
    Channel,
    FileSetting,
    Lock,
    RegistryValue,
    Remedies,
    Rights,
    Sacl,
    Setting,
)
from iisight.report.policies.quoting import comment, powershell
from iisight.report.policies.written import Refused, Written, problem_of, static

Arguments = dict[str, str | tuple[str, ...] | int | bool]
_FIRST_OF_AUDIT = "IIS930"  # checks of M1047 have higher ids
_HEAD = """#requires -Version 5.1
#requires -RunAsAdministrator

# {title}
# Written by iisight {version} for a person to review; nothing has been changed yet. First: {name} -WhatIf
# It can be run again. What was before is recorded in {before}: undo.ps1 -State {before}
# A change with a question is made only when its check is accepted: {name} -Accept IIS901, IIS913

[CmdletBinding(SupportsShouldProcess = $true)]
param(
    [string[]] $Accept = @(),
    [string] $State = (Join-Path $PSScriptRoot '{before}')
)

"""


def write_scripts(remedies: Remedies) -> Iterator[Written]:
    """Yield the scripts that there is something for, and the one that undoes them."""
    found = [
        _script("configuration", "Settings of IIS and of its services", remedies, _is_configuration),
        _script("auditing", "What leaves an event: audit policy, logs, audit entries of objects", remedies, _is_audit),
        _script("rights", "Write access that nobody but administrators needs", remedies, _is_rights),
    ]
    written = [script for script in found if script is not None]
    yield from written
    if written:
        yield Written("undo.ps1", static("undo.ps1"), "Sets back what a script changed, from what it recorded")


def step(change: Change) -> str:
    """Return the lines of one change; raises RefusedError for a name that cannot be reviewed."""
    name, arguments = _call(change)
    cause = change.cause
    head = [f"# {cause.check} {cause.answer}: {comment(cause.message)}"]
    head += [f"# Before you accept it: {comment(cause.question)}"] if cause.question else []
    every: Arguments = {"Check": cause.check, **arguments, "Question": cause.question}
    return "\n".join((*head, " ".join((name, *_written(every)))))


def _script(stem: str, title: str, remedies: Remedies, is_meant: Callable[[Change], bool]) -> Written | None:
    changes = [change for change in remedies.changes if is_meant(change)]
    if not changes:
        return None
    name, refused = f"{stem}.ps1", tuple(_refused(changes))
    bad = {id(change) for change in changes if _problem(change)}
    head = _HEAD.format(title=title, version=comment(remedies.version), name=name, before=f"{stem}.before.json")
    steps = [step(change) for change in changes if id(change) not in bad]
    text = head + static("common.ps1") + static(name) + "\n" + "\n\n".join(steps) + "\n"
    checks = tuple(sorted({change.cause.check for change in changes if id(change) not in bad}))
    return Written(name, text, title, checks, refused)


def _is_configuration(change: Change) -> bool:
    return isinstance(change, (Setting, Lock, FileSetting)) or (
        isinstance(change, RegistryValue) and change.cause.check < _FIRST_OF_AUDIT
    )


def _is_rights(change: Change) -> bool:
    return isinstance(change, Rights)


def _is_audit(change: Change) -> bool:
    return not _is_configuration(change) and not _is_rights(change)


def _call(change: Change) -> tuple[str, Arguments]:
    """Return the function and its arguments; those that are empty are left out."""
    match change:
        case Setting():
            return "Set-Setting", {
                "Location": change.location,
                "Section": change.section,
                "Item": change.item,
                "Element": change.element,
                "Name": change.attribute,
                "Value": change.value,
            }
        case Lock():
            return "Lock-Section", {"Location": change.location, "Section": change.section}
        case FileSetting():
            named: Arguments = {"Path": change.path, "Element": change.element}
            return "Set-FileSetting", {**named, "Name": change.attribute, "Value": change.value}
        case RegistryValue():
            named = {"Key": change.key, "Name": change.name, "Type": str(change.type), "Value": change.data}
            return "Set-RegistryEntry", named
        case AuditedSubcategory():
            return "Enable-Subcategory", {"Guid": change.guid, "Name": change.name}
        case Channel():
            return "Enable-Channel", {"Name": change.name, "Size": change.size or 0}
        case Sacl():
            return "Add-AuditRule", {"Path": change.path, "Kind": str(change.kind)}
        case Rights():
            listed: Arguments = {"Path": change.path, "Account": change.accounts}
            return "Remove-WriteAccess", {**listed, "Owner": change.gives_owner}


def _written(arguments: Arguments) -> Iterator[str]:
    for name, value in arguments.items():
        if not value:
            continue
        if value is True:
            yield f"-{name}"
        elif isinstance(value, int):
            yield f"-{name} {value}"
        else:
            yield f"-{name} {', '.join(map(powershell, (value,) if isinstance(value, str) else value))}"


def _texts(change: Change) -> Iterator[str]:
    for value in _call(change)[1].values():
        if not isinstance(value, int):
            yield from (value,) if isinstance(value, str) else value


def _problem(change: Change) -> str:
    return problem_of(*_texts(change))


def _refused(changes: Iterable[Change]) -> Iterator[Refused]:
    for change in changes:
        problem = _problem(change)
        if problem:
            name, _ = _call(change)
            yield Refused(change.cause.check, f"{name}: {', '.join(filter(None, _texts(change)))}", problem)
