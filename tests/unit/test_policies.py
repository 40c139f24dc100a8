"""Policies that are written: which files they allow and by what, and the structure of each document."""

import hashlib
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from cryptography import x509

from iisight.engine.remedies._names import locker_name
from iisight.engine.settings import Publisher, Settings, Trust
from iisight.examine.signature import image_digests
from iisight.model.locator import Locator
from iisight.model.remedy import CodeImage, Remedies
from iisight.parsers.authenticode.cms import parse_signed_data
from iisight.parsers.pe import authentihash
from iisight.report.policies import write_policies
from iisight.report.policies.written import BOM, Written
from iisight.workbench import images, stock
from tests.builders import hardening
from tests.builders.hardening import INETSRV, remedies, without
from tests.builders.policies import parsed, problems

ACME = r"C:\Program Files\Acme\acme.dll"
PUBLISHER = Settings(publishers=(Publisher("Acme, Inc.", "our vendor", "iisight.toml"),))
LISTING = {"exports": ["RegisterModule"], "company": "Acme", "product": "Acme Gate", "original_name": "acme.dll"}


def with_module(data: bytes, path: str = ACME) -> dict[str, bytes]:
    """Return the stock server with one more native module."""

    def register(root: ET.Element) -> None:
        for place, attributes in (
            ("system.webServer/globalModules", {"image": path}),
            ("location/system.webServer/modules", {}),
        ):
            holder = root.find(place)
            assert holder is not None
            ET.SubElement(holder, "add", {"name": "AcmeModule", **attributes})

    return {**hardening.changed(hardening.stock_server(), stock.APPHOST, register), path: data}


def signed() -> bytes:
    return images.build_image({**LISTING, "signed_by": "Acme, Inc."})


def written(found: Remedies, name: str) -> str:
    return next(file.text for file in write_policies(found) if file.name == name)


def document(found: Remedies, name: str) -> ET.Element:
    return parsed(written(found, name))


def without_exceptions(root: ET.Element) -> str:
    """Return what a policy allows: its text without what its rules take out."""
    for rule in root.iterfind(".//Exceptions/.."):
        for taken_out in rule.findall("Exceptions"):
            rule.remove(taken_out)
    return ET.tostring(root, "unicode")


def broad_rules(root: ET.Element) -> list[list[str]]:
    """Return what each rule of AppLocker that names no file takes out."""
    conditions = ("FilePathCondition[@Path]", "FilePublisherCondition[@BinaryName='*']")
    rules = [
        rule
        for rule in root.iterfind("RuleCollection/*")
        for c in conditions
        if rule.find(f"Conditions/{c}") is not None
    ]
    return [[c.get("Path", "") for c in rule.iterfind("Exceptions/*")] for rule in rules]


# Structure


@pytest.mark.parametrize("name", ["applocker", "wdac", "sysmon"])
@pytest.mark.parametrize(
    "found",
    [remedies(hardening.open_server()), remedies(with_module(signed()), PUBLISHER)],
    ids=["open", "with a module of a vendor"],
)
def test_a_document_has_the_structure_that_is_published(name: str, found: Remedies) -> None:
    assert problems(name, document(found, f"{name}.xml")) == []


def test_the_structure_refuses_what_is_not_in_it() -> None:
    root = document(remedies(hardening.stock_server()), "applocker.xml")
    root[0].set("EnforcementMode", "Enabled")
    extensions = root[0][-1]
    extensions.remove(extensions[1])

    assert problems("applocker", root) == [
        "RuleCollection: EnforcementMode is Enabled",
        "RuleCollectionExtensions: children ThresholdExtensions",
    ]


@pytest.mark.parametrize(("holder", "reference"), [("FileRules", "RuleID"), ("Signers", "SignerId")])
def test_every_rule_of_app_control_is_referred_to_and_every_reference_leads_to_one(holder: str, reference: str) -> None:
    root = document(remedies(with_module(signed()), PUBLISHER), "wdac.xml")
    defined = [element.get("ID") for element in root.iterfind(f"{holder}/*")]
    referred = {element.get(reference) for element in root.iter() if element.get(reference)}

    assert len(defined) == len(set(defined))
    assert set(defined) == referred


def test_ids_of_applocker_are_unique() -> None:
    found = [
        rule.get("Id") for rule in document(remedies(hardening.open_server()), "applocker.xml").iterfind("*/*[@Id]")
    ]

    assert len(found) == len(set(found)) > 30


def test_the_policies_block_nothing() -> None:
    found = remedies(hardening.open_server())
    options = [option.text for option in document(found, "wdac.xml").iter("Option")]

    assert "Enabled:Audit Mode" in options
    assert 'EnforcementMode="AuditOnly"' in written(found, "applocker.xml")
    assert not {e.tag for e in document(found, "wdac.xml").iter()} & {"Deny", "DeniedSigner"}


# Who is allowed


def test_a_vendors_module_is_allowed_by_signer_and_name() -> None:
    signer = document(remedies(with_module(signed()), PUBLISHER), "wdac.xml").find("Signers/Signer")
    assert signer is not None
    data = signed()
    layout = authentihash.read_layout(data, Locator(""))
    (entry,) = authentihash.read_entries(data, layout, [])
    held = [x509.load_der_x509_certificate(der) for der in parse_signed_data(entry.content, Locator("")).certificates]
    leaf = next(c for c in held if "Acme" in c.subject.rfc4514_string())
    issuer = next(c for c in held if c.subject == leaf.issuer)
    tbs = hashlib.new(issuer.signature_hash_algorithm.name, issuer.tbs_certificate_bytes)  # type: ignore[union-attr]
    common_name = leaf.subject.get_attributes_for_oid(x509.NameOID.COMMON_NAME)[0].value

    assert {child.tag: dict(child.attrib) for child in signer} == {
        "CertRoot": {"Type": "TBS", "Value": tbs.hexdigest().upper()},
        "CertPublisher": {"Value": common_name},
        "FileAttribRef": {"RuleID": "ID_FILEATTRIB_F_1_1"},
    }


def test_a_vendors_module_is_allowed_by_publisher_product_and_name() -> None:
    root = document(remedies(with_module(signed()), PUBLISHER), "applocker.xml")
    (rule,) = (rule for rule in root.iter("FilePublisherRule") if rule.get("Name") == ACME)
    condition = rule.find("Conditions/FilePublisherCondition")
    assert condition is not None

    assert dict(condition.attrib) == {
        "PublisherName": 'O="ACME, INC.", C=US',
        "ProductName": "ACME GATE",
        "BinaryName": "ACME.DLL",
    }


def test_a_file_without_signature_that_the_operator_vouches_for_is_allowed_by_its_hash() -> None:
    data = images.build_image(LISTING)
    trust = Trust("*acmemodule*", hashlib.sha256(data).hexdigest(), "built here", "iisight.toml")
    found = remedies(with_module(data), Settings(trusts=(trust,)))
    digests = image_digests(data, "sha1", "sha256")
    hashes = {
        rule.get("Hash") for rule in document(found, "wdac.xml").iter("Allow") if ACME in rule.get("FriendlyName", "")
    }
    (held,) = document(found, "applocker.xml").iter("FileHash")

    assert hashes == {digests["sha1"].hex().upper(), digests["sha256"].hex().upper()}
    assert (held.get("Data"), held.get("SourceFileLength")) == (f"0x{digests['sha256'].hex().upper()}", str(len(data)))


@pytest.mark.parametrize(
    "data",
    [images.build_image(LISTING), signed(), images.build_image({**LISTING, "self_signed_by": "Acme, Inc."})],
    ids=["unsigned", "signed by somebody nobody trusts", "signed by itself"],
)
def test_a_module_that_is_not_verified_is_in_no_rule_and_named(data: bytes) -> None:
    found = remedies(with_module(data))
    digests = [digest.hex().upper() for digest in image_digests(data, "sha1", "sha256").values()]
    policies = written(found, "wdac.xml") + without_exceptions(document(found, "applocker.xml"))

    assert not [digest for digest in digests if digest in policies]
    assert "acme" not in policies.lower()
    assert [(o.name, o.verdict in {"unverified", "suspicious"}) for o in found.left_out if "acme" in o.name] == [
        (ACME, True)
    ]


def test_a_file_in_the_place_of_a_known_one_is_not_allowed_for_its_name() -> None:
    files = without(hardening.stock_server(), r"C:\Windows\System32\CatRoot")
    files[rf"{INETSRV}\cachuri.dll"] = images.build_image({"exports": ["RegisterModule"]})
    found = remedies(files)

    assert rf"{INETSRV}\cachuri.dll" not in {image.path for image in found.allowed}
    assert rf"{INETSRV}\cachuri.dll" in {entry.name for entry in found.left_out}


def test_a_suspicious_module_is_never_allowed() -> None:
    found = remedies(hardening.open_server())

    assert [o.verdict for o in found.left_out if o.name.endswith(r"inetsrv\odd.dll")] == ["suspicious"]
    assert "odd.dll" not in written(found, "wdac.xml") + without_exceptions(document(found, "applocker.xml"))


@pytest.mark.parametrize("path", [ACME, r"C:\Windows\System32\acme.dll", r"\\server\share\acme.dll"])
def test_a_module_that_is_not_verified_is_taken_out_of_every_rule_by_place_or_product(path: str) -> None:
    taken_out = broad_rules(document(remedies(with_module(images.build_image(LISTING), path)), "applocker.xml"))

    assert len(taken_out) == 5
    assert all(path in places for places in taken_out)


def test_a_name_that_would_take_out_more_than_a_file_takes_out_nothing() -> None:
    root = document(remedies(with_module(b"", r"C:\Program Files\*")), "applocker.xml")

    assert not [places for places in broad_rules(root) if r"C:\Program Files\*" in places]


def test_no_path_is_trusted_where_modules_of_iis_lie_or_pools_write() -> None:
    root = document(remedies(hardening.stock_server()), "applocker.xml")
    paths = [c.get("Path") for rule in root.iter("FilePathRule") for c in rule.iterfind("Conditions/*")]
    excepted = [c.get("Path", "") for c in root.iterfind(".//Exceptions/*")]

    assert paths == ["%WINDIR%\\*", "%PROGRAMFILES%\\*", "*"]
    assert "%SYSTEM32%\\inetsrv\\*" in excepted
    assert sum("Temporary ASP.NET Files" in path for path in excepted) == 4


def test_rules_for_dlls_have_no_programs() -> None:
    assert "svchost" not in written(remedies(hardening.stock_server()), "applocker.xml").lower()


# Names of signers


@pytest.mark.parametrize(
    ("subject", "expected"),
    [
        ("CN=Contoso,O=Contoso Ltd,L=Berlin,ST=Berlin,C=DE", "O=CONTOSO LTD, L=BERLIN, S=BERLIN, C=DE"),
        (r"CN=x,O=Acme\, Inc.,C=US", 'O="ACME, INC.", C=US'),
        (r"CN=O=Microsoft Corporation,O=Acme", "O=ACME"),
        (r"CN=x\,O=Microsoft Corporation,O=Acme", "O=ACME"),
        (r"O=Say \"x\",C=US", 'O="SAY ""X""", C=US'),
        ("CN=nobody", ""),
        ("", ""),
    ],
)
def test_a_signer_is_named_as_applocker_does(subject: str, expected: str) -> None:
    assert locker_name(subject) == expected


# Files


def test_the_same_server_gives_the_same_bytes() -> None:
    first = {file.name: file.data for file in write_policies(remedies(hardening.open_server()))}

    assert {file.name: file.data for file in write_policies(remedies(hardening.open_server()))} == first


def test_scripts_start_with_a_byte_order_mark_and_have_the_line_ends_of_windows() -> None:
    for file in write_policies(remedies(hardening.open_server())):
        assert file.data.startswith(BOM.encode()) == file.name.endswith(".ps1")
        assert file.data.count(b"\n") == file.data.count(b"\r\n")


def test_what_a_script_clears_away_it_clears_away_when_it_only_tells_as_well() -> None:
    removals = [
        line
        for line in written(remedies(hardening.open_server()), "auditing.ps1").splitlines()
        if "Remove-Item " in line
    ]

    assert removals
    assert all("-WhatIf:$false" in line for line in removals)


def test_what_cannot_be_set_back_keeps_nothing_else_from_it() -> None:
    loop = written(remedies(hardening.open_server()), "undo.ps1").rpartition("foreach ($record in $records)")[2]

    assert loop.index("try {") < loop.index("switch ($record.Kind)") < loop.index("} catch {") < loop.index("throw (")


def test_the_page_names_every_file_and_every_question() -> None:
    found = remedies(hardening.open_server())
    files = write_policies(found)
    page = files[-1].text

    assert [file.name for file in files if f"`{file.name}`" not in page] == ["README.md"]
    questions = {c.cause.check for c in found.changes if c.cause.question}
    assert [check for check in sorted(questions) if f"-Accept {check}" not in page] == []


@pytest.mark.parametrize(
    "word", ["Invoke-Expression", "iex ", "Start-Process", "schtasks", "citool", "-Encoded", "[scriptblock]"]
)
def test_nothing_runs_by_itself(word: str) -> None:
    scripts = [file for file in write_policies(remedies(hardening.open_server())) if file.name.endswith(".ps1")]

    assert [file.name for file in scripts if word.lower() in file.text.lower()] == []


def test_a_file_that_cannot_be_reviewed_is_in_no_policy_and_told() -> None:
    found = remedies(hardening.stock_server())
    hostile = "C:\\x\\\u202egnp.dll"
    image = CodeImage(hostile, ("native-module x",), "trusted", "", is_dll=True, size=1, sha1="A" * 40, sha256="B" * 64)
    files = write_policies(replace(found, allowed=(image,)))

    assert all("B" * 64 not in file.text for file in files)
    assert {(r.what, r.why) for file in files for r in file.refused} == {
        (hostile, "it has characters that are not seen as themselves")
    }
    assert "\\u202egnp.dll" in files[-1].text


def test_every_file_of_the_package_is_written_somewhere() -> None:
    folder = Path(__file__).parents[2] / "src/iisight/report/policies/data"
    files: tuple[Written, ...] = write_policies(remedies(hardening.open_server()))
    every = "".join(file.text for file in files)

    assert [p.name for p in folder.glob("*.ps1") if p.read_text("utf-8").strip() not in every] == []
