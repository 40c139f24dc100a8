"""AppLocker: rules for DLLs that allow Windows and the verified files of one server, in audit mode.

Structure: the schema of AppLocker's policies (`RuleCollection`, `FilePublisherRule`, `FileHashRule`, `FilePathRule`).
The hash of a PE file is that which Authenticode makes, not one of all bytes (VirusTotal's documentation of
`authentihash` says so of AppLocker; "Working with AppLocker rules" speaks of a hash that the system computes).

With the Services extension, which worker processes need, the SystemApps extension allows Windows' own code ("AppLocker
rule collection extensions": both have to be there). In `inetsrv` and in the folders below Windows that accounts without
rights may write, no path is trusted: a DLL that an intruder drops there is allowed by no rule. What lies in `inetsrv`
is allowed file by file. What was found to be no verified file is taken out of every rule that names none: it may lie
below Windows or Program Files.
"""

import re
from collections.abc import Iterable, Iterator
from xml.etree import ElementTree as ET

from iisight.model.remedy import CodeImage, Remedies
from iisight.report.policies.documents import new_id, remark, to_text
from iisight.report.policies.quoting import xml_attribute
from iisight.report.policies.written import VERIFIED, Refused, Written, problem_of, refusal
from iisight.tables import rows

EVERYONE = "S-1-1-0"
_ABSOLUTE = re.compile(r"([A-Za-z]:|\\)\\")
_LONGEST = 1_000  # characters of a rule's name
_HEADS = (
    "Written by iisight for a person to review. AuditOnly: nothing is blocked; events 8002 and 8003 tell of it.",
    "Before: keep Get-AppLockerPolicy -Local -Xml in a file. Then: Set-AppLockerPolicy -XmlPolicy applocker.xml -Merge",
    "Undo: Set-AppLockerPolicy -XmlPolicy with the file that was kept. Answers IIS916.",
)


def write_applocker(remedies: Remedies) -> Iterator[Written]:
    """Yield the policy; nothing when no file is verified."""
    if not remedies.allowed:
        return
    unverified = list(_unverified(remedies))
    named = (*(image.path for image in remedies.allowed), *unverified)
    refused = tuple(Refused("IIS916", name, p) for name in named if (p := refusal(name)))
    bad = {entry.what for entry in refused}
    never = [path for path in unverified if path not in bad]
    images = [image for image in remedies.allowed if image.path not in bad and _is_library(image)]
    root = ET.Element("AppLockerPolicy", {"Version": "1"})
    rules = ET.SubElement(root, "RuleCollection", {"Type": "Dll", "EnforcementMode": "AuditOnly"})
    _paths(rules, never)
    _windows(rules, never)
    _publishers(rules, [image for image in images if is_by_publisher(image)])
    _hashes(rules, [image for image in images if not is_by_publisher(image)])
    extensions = ET.SubElement(rules, "RuleCollectionExtensions")
    threshold = ET.SubElement(extensions, "ThresholdExtensions")
    ET.SubElement(threshold, "Services", {"EnforcementMode": "Enabled"})
    redstone = ET.SubElement(extensions, "RedstoneExtensions")  # one without the other is refused by the schema
    ET.SubElement(redstone, "SystemApps", {"Allow": "Enabled"})
    title = "AppLocker's rules for DLLs: Windows and the verified files, in audit mode"
    yield Written("applocker.xml", to_text(root, *_HEADS), title, ("IIS916",), refused)


def is_by_publisher(image: CodeImage) -> bool:
    """Tell whether a file is allowed by publisher, product and its own name."""
    names = ("" if image.publisher is None else image.publisher.locker_name, image.product, image.original_name)
    return all(names) and problem_of(*names) == "" and "*" not in names


def _unverified(remedies: Remedies) -> Iterator[str]:
    """Yield the paths of the files that no policy allows, each once. A star would take out more than a file."""
    names = dict.fromkeys(entry.name for entry in remedies.left_out if entry.verdict not in VERIFIED)
    yield from (name for name in names if _ABSOLUTE.match(name) and "*" not in name)


def _paths(rules: ET.Element, never: Iterable[str]) -> None:
    """Write the default rules that AppLocker makes itself, that of Windows without the folders that are not trusted."""
    for row in rows("iisight.report.policies", "applocker_paths"):
        rule = _rule(rules, "FilePathRule", row["name"], row["why"], row["sid"], row["path"])
        conditions = ET.SubElement(rule, "Conditions")
        ET.SubElement(conditions, "FilePathCondition", {"Path": row["path"]})
        left_out = [
            r["path"] for r in rows("iisight.report.policies", "applocker_exceptions") if r["of"] == row["path"]
        ]
        _except(rule, (*left_out, *never))


def _except(rule: ET.Element, places: Iterable[str]) -> None:
    found = list(places)
    if found:
        exceptions = ET.SubElement(rule, "Exceptions")
        for path in found:
            ET.SubElement(exceptions, "FilePathCondition", {"Path": xml_attribute(path)})


def _windows(rules: ET.Element, never: Iterable[str]) -> None:
    """Write what allows Windows' own files in the folders that are not trusted."""
    for row in rows("iisight.report.policies", "applocker_publishers"):
        rule = _publisher(rules, row["why"], row["why"], (row["publisher"], row["product"], "*"))
        _except(rule, never)


def _publishers(rules: ET.Element, images: Iterable[CodeImage]) -> None:
    seen: set[tuple[str, str, str]] = set()
    for image in images:
        who = image.publisher
        if who is None:
            continue
        named = (who.locker_name, image.product.upper(), image.original_name.upper())
        if named in seen:
            continue
        seen.add(named)
        _publisher(rules, image.path, _about(image), named)


def _publisher(rules: ET.Element, name: str, why: str, named: tuple[str, str, str]) -> ET.Element:
    rule = _rule(rules, "FilePublisherRule", name, why, EVERYONE, *named)
    attributes = dict(zip(("PublisherName", "ProductName", "BinaryName"), map(xml_attribute, named), strict=True))
    condition = ET.SubElement(ET.SubElement(rule, "Conditions"), "FilePublisherCondition", attributes)
    ET.SubElement(condition, "BinaryVersionRange", {"LowSection": "*", "HighSection": "*"})
    return rule


def _hashes(rules: ET.Element, images: Iterable[CodeImage]) -> None:
    seen: set[str] = set()
    for image in images:
        if image.sha256 in seen:
            continue
        seen.add(image.sha256)
        rule = _rule(rules, "FileHashRule", image.path, _about(image), EVERYONE, image.sha256)
        condition = ET.SubElement(ET.SubElement(rule, "Conditions"), "FileHashCondition")
        name = image.path.rpartition("\\")[2] or image.path
        facts = {"Type": "SHA256", "Data": f"0x{image.sha256}", "SourceFileName": xml_attribute(name)}
        ET.SubElement(condition, "FileHash", {**facts, "SourceFileLength": str(image.size)})


def _rule(rules: ET.Element, kind: str, name: str, why: str, sid: str, *key: str) -> ET.Element:
    """Write a rule under a comment that says what it is for."""
    remark(rules, why)
    texts = {"Name": xml_attribute(name)[:_LONGEST], "Description": "", "UserOrGroupSid": sid, "Action": "Allow"}
    return ET.SubElement(rules, kind, {"Id": new_id(kind, *key), **texts})


def _is_library(image: CodeImage) -> bool:
    return image.is_dll and not image.path.lower().endswith(".exe")


def _about(image: CodeImage) -> str:
    return f"{', '.join(image.components)}; {image.verdict}: {image.why}"
