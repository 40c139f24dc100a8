"""Sysmon: rules for the objects of one server, to be merged into a configuration that is there.

Structure: `sysmon -s` and "Sysmon configuration files" (learn.microsoft.com). Schema 4.60 (Sysmon 13.10) is the first
with FileDeleteDetected. Values are compared as they stand: no wildcard is in them.
"""

from collections.abc import Iterable, Iterator
from xml.etree import ElementTree as ET

from iisight.model.remedy import Remedies
from iisight.report.policies.documents import remark, to_text
from iisight.report.policies.quoting import xml_attribute
from iisight.report.policies.written import Refused, Written, refusal
from iisight.tables import rows

SCHEMA = "4.60"
_HEADS = (
    "Written by iisight for a person to review: merge these groups into your own configuration. sysmon.exe -c FILE",
    "replaces the whole configuration. Before: keep the file that is in force. Undo: sysmon.exe -c with that file.",
    "Answers IIS932, and IIS933 and IIS934 beside the audit policy.",
)
_Condition = tuple[str, str, str]
"""Field, condition, value."""


def write_sysmon(remedies: Remedies) -> Iterator[Written]:
    """Yield the configuration; nothing when nothing is known of the server."""
    watched = remedies.watched
    if not watched.folders and not watched.content:
        return
    every = (*watched.folders, *watched.content, *watched.keys)
    refused = tuple(Refused("IIS933", place, p) for place in every if (p := refusal(place)))
    bad = {entry.what for entry in refused}
    folders = [_inside(path) for path in (*watched.folders, *watched.content) if path not in bad]
    root = ET.Element("Sysmon", {"schemaversion": SCHEMA})
    filtering = ET.SubElement(root, "EventFiltering")
    places = [("TargetFilename", "begin with", folder) for folder in dict.fromkeys(folders)]
    for event in ("FileCreate", "FileDeleteDetected"):
        _group(filtering, event, places)
    keys = [("TargetObject", "begin with", key) for key in watched.keys if key not in bad]
    _group(filtering, "RegistryEvent", keys)
    for event in ("ProcessCreate", "ImageLoad"):
        found = [r for r in rows("iisight.report.policies", "sysmon") if r["event"] == event]
        _group(filtering, event, [(r["field"], r["condition"], r["value"]) for r in found])
    title = "Sysmon: files, keys, processes and images of IIS"
    yield Written("sysmon.xml", to_text(root, *_HEADS), title, ("IIS932", "IIS933", "IIS934"), refused)


def _group(filtering: ET.Element, event: str, conditions: Iterable[_Condition]) -> None:
    found = list(conditions)
    if not found:
        return
    remark(filtering, _WHY[event])
    group = ET.SubElement(filtering, "RuleGroup", {"name": f"iisight {event}", "groupRelation": "or"})
    holder = ET.SubElement(group, event, {"onmatch": "include"})
    for field, condition, value in found:
        ET.SubElement(holder, field, {"condition": condition}).text = xml_attribute(value)


def _inside(folder: str) -> str:
    """Return what the paths of all files in a folder begin with."""
    return folder.rstrip("\\") + "\\"


_WHY = {
    "FileCreate": "Event 11: configuration, modules and content that is written",
    "FileDeleteDetected": "Event 26: configuration, modules and content that is deleted",
    "RegistryEvent": "Events 12 to 14: environment of worker processes, what is installed",
    "ProcessCreate": "Event 1: what worker processes start, and the tools that change IIS",
    "ImageLoad": "Event 7: what worker processes load; many events",
}
