r"""App Control for Business (WDAC): a policy that allows the verified files of one server, in audit mode.

Structure and names are those of the example policies in `%windir%\schemas\CodeIntegrity\ExamplePolicies` and of the
documentation ("Understand App Control for Business policy rules and file rules", learn.microsoft.com): a signer is the
hash of what was signed of the certificate that issued his (`CertRoot Type="TBS"`), his common name (`CertPublisher`)
and, so that not all he signs is meant, the OriginalFilename of the file (`FileAttrib`: the level FilePublisher). A hash
is that of the image as Authenticode counts it.
"""

from collections.abc import Iterator
from xml.etree import ElementTree as ET

from iisight.model.remedy import CodeImage, Remedies
from iisight.report.policies.documents import new_id, remark, to_text
from iisight.report.policies.quoting import xml_attribute
from iisight.report.policies.written import Refused, Written, problem_of, refusal, static

NAMESPACE = "urn:schemas-microsoft-com:sipolicy"
_PLATFORM = "{2E07F7E4-194C-4D20-B7C9-6F44A6C5A234}"
_OPTIONS = (
    "Enabled:Unsigned System Integrity Policy",
    "Enabled:Audit Mode",
    "Enabled:Advanced Boot Options Menu",
    "Enabled:UMCI",
    "Enabled:Update Policy No Reboot",
)
_ANY_VERSION = "0.0.0.0"  # noqa: S104  no address
_HEADS = (
    "Written by iisight for a person to review. It allows the verified files of one server, and nothing of Windows.",
    "Merge it with the policy that allows Windows before anything is deployed: wdac-build.ps1. Audit mode is on.",
    "Answers IIS916 and IIS922. Files that are no longer as they were then are not allowed by their hash.",
)


def write_wdac(remedies: Remedies) -> Iterator[Written]:
    """Yield the policy and the script that merges it with that of Windows; nothing when no file is verified."""
    if not remedies.allowed:
        return
    refused = tuple(_refused(remedies))
    bad = {entry.what for entry in refused}
    images = [image for image in remedies.allowed if image.path not in bad]
    text = to_text(_policy(images), *_HEADS)
    checks = ("IIS916", "IIS922")
    yield Written("wdac.xml", text, "App Control policy for the verified files, in audit mode", checks, refused)
    yield Written("wdac-build.ps1", static("wdac-build.ps1"), "Merges wdac.xml with the policy of Windows", checks)


def is_by_signer(image: CodeImage) -> bool:
    """Tell whether a file is allowed by who signed it: the chain is known, and the file says its name."""
    who = image.publisher
    names = who is not None and problem_of(who.common_name, who.issuer, image.original_name) == ""
    return who is not None and names and bool(who.issuer_tbs and who.common_name and image.original_name)


def _policy(images: list[CodeImage]) -> ET.Element:
    root = ET.Element("SiPolicy", {"xmlns": NAMESPACE, "PolicyType": "Base Policy"})
    own = "{" + new_id("wdac", *(image.sha256 for image in images)).upper() + "}"
    for tag, text in (("VersionEx", "10.0.0.0"), ("PlatformID", _PLATFORM), ("PolicyID", own), ("BasePolicyID", own)):
        ET.SubElement(root, tag).text = text
    options = ET.SubElement(root, "Rules")
    for option in _OPTIONS:
        ET.SubElement(ET.SubElement(options, "Rule"), "Option").text = option
    ET.SubElement(root, "EKUs")
    files, signers = ET.SubElement(root, "FileRules"), ET.SubElement(root, "Signers")
    scenarios = ET.SubElement(root, "SigningScenarios")
    _scenario(scenarios, "131", "ID_SIGNINGSCENARIO_DRIVERS_1", "Kernel mode: nothing of IIS runs there")
    user = _scenario(scenarios, "12", "ID_SIGNINGSCENARIO_WINDOWS", "User mode: the verified files of IIS")
    signed = [image for image in images if is_by_signer(image)]
    hashed = [image for image in images if not is_by_signer(image)]
    ids = list(_signers(files, signers, signed))
    _fill(user, "AllowedSigners", "AllowedSigner", "SignerId", ids)
    _fill(user, "FileRulesRef", "FileRuleRef", "RuleID", list(_hashes(files, hashed)))
    ET.SubElement(root, "UpdatePolicySigners")
    trusted = ET.SubElement(root, "CiSigners")
    for value in ids:
        ET.SubElement(trusted, "CiSigner", {"SignerId": value})
    ET.SubElement(root, "HvciOptions").text = "0"
    settings = ET.SubElement(root, "Settings")
    named = {"Provider": "PolicyInfo", "Key": "Information", "ValueName": "Name"}
    holder = ET.SubElement(ET.SubElement(settings, "Setting", named), "Value")
    ET.SubElement(holder, "String").text = "iisight: verified files of IIS"
    return root


def _scenario(parent: ET.Element, value: str, name: str, friendly: str) -> ET.Element:
    scenario = ET.SubElement(parent, "SigningScenario", {"Value": value, "ID": name, "FriendlyName": friendly})
    return ET.SubElement(scenario, "ProductSigners")


def _fill(parent: ET.Element, holder: str, name: str, attribute: str, ids: list[str]) -> None:
    if ids:
        held = ET.SubElement(parent, holder)
        for value in ids:
            ET.SubElement(held, name, {attribute: value})


def _signers(files: ET.Element, signers: ET.Element, images: list[CodeImage]) -> Iterator[str]:
    """Write one FileAttrib for each file and one Signer for each who signed; yield the ids of the signers."""
    groups: dict[tuple[str, str, str], list[CodeImage]] = {}
    for image in images:
        who = image.publisher
        if who is not None:
            groups.setdefault((who.issuer_tbs, who.common_name, who.issuer), []).append(image)
    for number, ((tbs, common_name, issuer), held) in enumerate(sorted(groups.items()), 1):
        signer = ET.SubElement(signers, "Signer", {"ID": f"ID_SIGNER_S_{number}", "Name": xml_attribute(issuer or tbs)})
        ET.SubElement(signer, "CertRoot", {"Type": "TBS", "Value": tbs})
        ET.SubElement(signer, "CertPublisher", {"Value": xml_attribute(common_name)})
        names = {image.original_name.lower(): image for image in reversed(held)}
        for index, (_, image) in enumerate(sorted(names.items()), 1):
            name = f"ID_FILEATTRIB_F_{number}_{index}"
            remark(files, f"{image.path}: {', '.join(image.components)}; {image.verdict}")
            named = {"FileName": xml_attribute(image.original_name), "MinimumFileVersion": _ANY_VERSION}
            ET.SubElement(files, "FileAttrib", {"ID": name, "FriendlyName": xml_attribute(image.path), **named})
            ET.SubElement(signer, "FileAttribRef", {"RuleID": name})
        yield f"ID_SIGNER_S_{number}"


def _hashes(files: ET.Element, images: list[CodeImage]) -> Iterator[str]:
    """Write two rules for each file; yield their ids."""
    seen: set[str] = set()
    for image in sorted(images, key=lambda i: (i.path.lower(), i.path)):
        if image.sha256 in seen:
            continue
        seen.add(image.sha256)
        remark(files, f"{image.path}: {', '.join(image.components)}; {image.verdict}")
        for kind, digest in (("Sha1", image.sha1), ("Sha256", image.sha256)):
            name = f"ID_ALLOW_A_{len(seen)}_{kind.upper()}"
            friendly = xml_attribute(f"{image.path} Hash {kind}")
            ET.SubElement(files, "Allow", {"ID": name, "FriendlyName": friendly, "Hash": digest})
            yield name


def _refused(remedies: Remedies) -> Iterator[Refused]:
    for image in remedies.allowed:
        problem = refusal(image.path)
        if problem:
            yield Refused("IIS916", image.path, problem)
