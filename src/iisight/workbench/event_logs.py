"""The event logs of a case: its `event` blocks as inert EVTX files, one for each channel, at their Windows paths."""

from collections.abc import Iterable
from dataclasses import replace

from iisight.model.event import Event
from iisight.workbench.event_blocks import events_of
from iisight.workbench.evtx import Record, write
from iisight.workbench.pages import Block

_TYPES = {  # of fields, as Windows stores them: manifests of Sysmon and of Security auditing
    "ProcessGuid": "guid",
    "ParentProcessGuid": "guid",
    "LogonId": "hex64",
    "SubjectLogonId": "hex64",
    "TargetLogonId": "hex64",
    "NewProcessId": "hex64",
    "ParentProcessId": "uint32",
    "LogonType": "uint32",
    "SubjectUserSid": "sid",
    "TargetUserSid": "sid",
}
_SYSMON = {"ProcessId": "uint32"}  # Security auditing stores pointers of that name
_AUDITING = {"ProcessId": "hex64"}


def logs_of(blocks: Iterable[Block]) -> dict[str, bytes]:
    """Return a log for each channel of the events, records in the order of time."""
    channels: dict[str, list[Event]] = {}
    for event in events_of(blocks):
        channels.setdefault(event.locator.path, []).append(event)
    return {path: write(map(_record, sorted(found, key=_order))) for path, found in channels.items()}


def _record(event: Event) -> Record:
    """Return an event with the types of its fields; the log numbers it."""
    own = _SYSMON if "Sysmon" in event.provider else _AUDITING
    known = {**_TYPES, **own}
    types = {name: known[name] for name in event.fields if name in known}
    return Record(replace(event, record=None), types)


def _order(event: Event) -> float:
    return 0.0 if event.time is None else event.time.timestamp()
