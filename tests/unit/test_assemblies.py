"""From a .NET type in configuration to the file of its assembly."""

from collections.abc import Mapping

import pytest

from iisight.inventory.inventory import Inventory
from iisight.inventory.references import Reference, parse_reference, parse_version
from iisight.model.component import Component, ImageState, Kind
from iisight.model.coverage import GapKind
from iisight.workbench.pe import PeSpec, build
from tests.builders.servers import ROOT, apphost, collected, web_config

TOKEN = "0123456789abcdef"
WHOLE = f"A, Version=1.0.0.0, Culture=neutral, PublicKeyToken={TOKEN}"
WINDIR = "C:\\Windows"
V4 = f"{WINDIR}\\Microsoft.NET\\assembly"
V2 = f"{WINDIR}\\assembly"
FRAMEWORK = f"{WINDIR}\\Microsoft.NET\\Framework64\\v4.0.30319"
BIN = f"{ROOT}\\bin"
Files = Mapping[str, bytes | str]


def assembly(name: str = "A", *types: str, version: str = "1.0.0.0") -> bytes:
    """Return an assembly with types that only have names."""
    listed = tuple((type_, "System.Object", ()) for type_ in types)
    return build(PeSpec(managed=True, assembly=name, assembly_version=version, types=listed))


def cached(version: str = "1.0.0.0", folder: str = "GAC_MSIL", name: str = "A", token: str = TOKEN) -> str:
    """Return the path of an assembly in the global assembly cache of CLR 4."""
    return f"{V4}\\{folder}\\{name}\\v4.0_{version}__{token}\\{name}.dll"


def bindings(*inner: str, attributes: str = "", space: str = "urn:schemas-microsoft-com:asm.v1") -> str:
    """Return a `runtime` section."""
    return f'<runtime><assemblyBinding xmlns="{space}" {attributes}>{"".join(inner)}</assemblyBinding></runtime>'


def dependent(inner: str, name: str = "A", token: str = TOKEN) -> str:
    """Return what is said of one assembly."""
    identity = f'<assemblyIdentity name="{name}" publicKeyToken="{token}" culture="neutral" />'
    return f"<dependentAssembly>{identity}{inner}</dependentAssembly>"


def redirect(old: str, new: str) -> str:
    return f'<bindingRedirect oldVersion="{old}" newVersion="{new}" />'


def own(type_: str, rest: str = "") -> str:
    """Return a web.config with one managed module."""
    return web_config(f'<modules><add name="M" type="{type_}" /></modules>', rest)


def module(inventory: Inventory) -> Component:
    (found,) = (c for c in inventory.of(Kind.MANAGED_MODULE) if c.name == "M")
    return found


def linked(type_: str, more: Files, rest: str = "", host: str = "") -> Component:
    """Return a module of the site's web.config, linked."""
    return module(collected(host or apphost(), {"": own(type_, rest)}, more))


def image(type_: str, paths: tuple[str, ...], rest: str = "", more: Files | None = None) -> str | None:
    """Return the file that a type leads to when there are assemblies at some paths."""
    files = {path: assembly(version=f"1.0.0.{n}") for n, path in enumerate(paths)}
    return linked(type_, {**files, **(more or {})}, rest).image


# Names


@pytest.mark.parametrize(
    ("text", "reference"),
    [
        ("A.M", Reference("A.M")),
        ("A.M, A", Reference("A.M", "A")),
        (f"A.M, {WHOLE}", Reference("A.M", "A", "1.0.0.0", "", TOKEN)),
        ("A.M, A, PublicKeyToken=null", Reference("A.M", "A")),
        ("A.M, A, culture=DE-de", Reference("A.M", "A", culture="de-de")),
        ("A.M, A, Culture=..\\x", Reference("A.M", "A")),
        ("A.M`1[[System.String, mscorlib]], A", Reference("A.M`1", "A")),
        ("A.Outer+M, A", Reference("A.Outer+M", "A")),
        ("A\\, M, B", Reference("A,M", "B")),
        ("", Reference()),
    ],
)
def test_a_type_name_is_taken_apart(text: str, reference: Reference) -> None:
    assert parse_reference(text) == reference


@pytest.mark.parametrize("text", ["A", "A, Version=1.0.0.0"])
def test_an_assembly_name_is_no_type(text: str) -> None:
    assert parse_reference(text, is_assembly=True).assembly == "A"


@pytest.mark.parametrize(
    ("text", "version"),
    [("4.0", (4, 0, 0, 0)), ("1.2.3.4", (1, 2, 3, 4)), ("1", None), ("1.2.3.4.5", None), ("1.x", None), ("", None)],
)
def test_a_version_has_two_to_four_numbers(text: str, version: tuple[int, ...] | None) -> None:
    assert parse_version(text) == version


# Where the CLR looks


def test_a_strong_name_is_looked_for_in_the_global_assembly_cache_first() -> None:
    assert image(f"A.M, {WHOLE}", (cached(), f"{BIN}\\A.dll")) == cached()


def test_a_partial_name_is_looked_for_in_bin_alone() -> None:
    assert image("A.M, A", (cached(), f"{BIN}\\A.dll")) == f"{BIN}\\A.dll"


def test_the_cache_of_the_word_size_of_the_pool_wins() -> None:
    paths = (cached(folder="GAC_32"), cached(folder="GAC_64"))
    assert image(f"A.M, {WHOLE}", paths) == cached(folder="GAC_64")


def test_the_cache_of_clr_2_is_the_only_one_of_its_pools() -> None:
    old = f"{V2}\\GAC_MSIL\\A\\1.0.0.0__{TOKEN}\\A.dll"
    host = apphost(pools='<add name="P64" managedRuntimeVersion="v2.0" />')
    assert linked(f"A.M, {WHOLE}", {cached(): assembly(), old: assembly()}, host=host).image == old


def test_a_file_of_another_version_in_bin_is_linked_all_the_same() -> None:
    assert image(f"A.M, {WHOLE}", (cached("2.0.0.0"), f"{BIN}\\A.dll")) == f"{BIN}\\A.dll"


@pytest.mark.parametrize(
    ("type_", "path"),
    [
        ("A.M, A", f"{BIN}\\A\\A.dll"),
        ("A.M, A", f"{BIN}\\A.exe"),
        ("A.M, A, Culture=de", f"{BIN}\\de\\A.dll"),
    ],
)
def test_the_folders_that_are_probed(type_: str, path: str) -> None:
    assert image(type_, (path,)) == path


@pytest.mark.parametrize("path", [f"{ROOT}\\A.dll", f"{BIN}\\de\\A.dll", "C:\\A.dll"])
def test_folders_that_are_not_probed(path: str) -> None:
    assert image("A.M, A", (path,)) is None


def test_dlls_come_before_programs() -> None:
    rest = bindings('<probing privatePath="lib" />')
    assert image("A.M, A", (f"{BIN}\\A.exe", f"{ROOT}\\lib\\A.dll"), rest) == f"{ROOT}\\lib\\A.dll"


@pytest.mark.parametrize("folder", ["..\\other", "C:\\inetpub\\other", "\\inetpub\\other"])
def test_private_folders_do_not_lie_outside_of_the_application(folder: str) -> None:
    rest = bindings(f'<probing privatePath="{folder}" />')
    assert image("A.M, A", ("C:\\inetpub\\other\\A.dll",), rest) is None


@pytest.mark.parametrize("name", ["..\\x", "C:x", "a/b", ".", "a*"])
def test_a_name_that_is_no_file_name_leads_nowhere(name: str) -> None:
    assert linked(f"A.M, {name}", {f"{ROOT}\\x.dll": assembly()}).image_state is ImageState.UNRESOLVED


# Other versions


def test_a_redirect_leads_to_another_version() -> None:
    rest = bindings(dependent(redirect("0.0.0.0-1.5.0.0", "2.0.0.0")))
    assert image(f"A.M, {WHOLE}", (cached(), cached("2.0.0.0")), rest) == cached("2.0.0.0")


@pytest.mark.parametrize(
    "rest",
    [
        bindings(dependent(redirect("1.0.0.1-1.5.0.0", "2.0.0.0"))),
        bindings(dependent(redirect("1.0.0.0", "2.0.0.0"), token="fedcba9876543210")),
        bindings(dependent(redirect("1.0.0.0", "2.0.0.0"), name="B")),
        bindings(dependent(redirect("1.0.0.0", "2.0.0.0")), attributes='appliesTo="v2.0.50727"'),
        bindings(dependent(redirect("1.0.0.0", "2.0.0.0")), space="urn:other"),
        bindings(dependent(redirect("1.0.0.0", "many"))),
        f'<location path="x">{bindings(dependent(redirect("1.0.0.0", "2.0.0.0")))}</location>',
    ],
    ids=["range", "key", "name", "runtime", "namespace", "malformed", "location"],
)
def test_a_redirect_of_something_else_leads_nowhere(rest: str) -> None:
    assert image(f"A.M, {WHOLE}", (cached(), cached("2.0.0.0")), rest) == cached()


def test_an_application_has_the_redirects_of_the_one_above() -> None:
    above = web_config("", bindings(dependent(redirect("1.0.0.0", "2.0.0.0"))))
    more = {cached(): assembly(), cached("2.0.0.0"): assembly()}
    inventory = collected(apphost(), {"": above, "app": own(f"A.M, {WHOLE}")}, more)
    assert module(inventory).image == cached("2.0.0.0")


def test_the_machine_has_the_last_word() -> None:
    rest = bindings(dependent(redirect("1.0.0.0", "2.0.0.0")))
    machine = f"<configuration>{bindings(dependent(redirect('2.0.0.0', '3.0.0.0')))}</configuration>"
    more = {f"{FRAMEWORK}\\CONFIG\\machine.config": machine}
    assert image(f"A.M, {WHOLE}", (cached("2.0.0.0"), cached("3.0.0.0")), rest, more) == cached("3.0.0.0")


def publisher_policy(version: str, new: str) -> Files:
    config = f"<configuration>{bindings(dependent(redirect('1.0.0.0', new)))}</configuration>"
    return {f"{V4}\\GAC_MSIL\\policy.1.0.A\\v4.0_{version}__{TOKEN}\\A.config": config}


def test_the_newest_policy_of_the_publisher_counts() -> None:
    more = {**publisher_policy("1.0.9.0", "2.0.0.0"), **publisher_policy("1.0.10.0", "3.0.0.0")}
    assert image(f"A.M, {WHOLE}", (cached("2.0.0.0"), cached("3.0.0.0")), more=more) == cached("3.0.0.0")


@pytest.mark.parametrize(
    "rest",
    [bindings('<publisherPolicy apply="no" />'), bindings(dependent('<publisherPolicy apply="no" />'))],
    ids=["all", "one"],
)
def test_an_application_may_refuse_the_policy_of_the_publisher(rest: str) -> None:
    paths = (cached(), cached("2.0.0.0"))
    assert image(f"A.M, {WHOLE}", paths, rest, publisher_policy("1.0.0.0", "2.0.0.0")) == cached()


def test_a_linked_configuration_counts() -> None:
    inner = bindings(dependent(redirect("1.0.0.0", "2.0.0.0")))
    more = {"C:\\Contoso\\x y.config": f"<configuration>{inner}</configuration>"}
    rest = bindings('<linkedConfiguration href="file:///C:/Contoso/x%20y.config" />')
    assert image(f"A.M, {WHOLE}", (cached("2.0.0.0"),), rest, more) == cached("2.0.0.0")


# Other places


def code_base(href: str, version: str = "1.0.0.0") -> str:
    return bindings(dependent(f'<codeBase version="{version}" href="{href}" />'))


@pytest.mark.parametrize(
    "href", ["file:///C:/Contoso/B.dll", "file://C:\\Contoso\\B.dll", "FILE:///%SystemDrive%/Contoso/B.dll"]
)
def test_a_code_base_leads_to_any_file(href: str) -> None:
    paths = ("C:\\Contoso\\B.dll", f"{BIN}\\A.dll")
    assert image(f"A.M, {WHOLE}", paths, code_base(href)) == "C:\\Contoso\\B.dll"


def test_a_code_base_may_be_relative_to_the_application() -> None:
    assert image(f"A.M, {WHOLE}", (f"{ROOT}\\lib\\B.dll",), code_base("lib/B.dll")) == f"{ROOT}\\lib\\B.dll"


def test_a_code_base_is_of_the_version_that_is_redirected_to() -> None:
    place = '<codeBase version="2.0.0.0" href="lib/B.dll" />'
    rest = bindings(dependent(redirect("1.0.0.0", "2.0.0.0") + place))
    assert image(f"A.M, {WHOLE}", (f"{ROOT}\\lib\\B.dll",), rest) == f"{ROOT}\\lib\\B.dll"


def test_the_cache_comes_before_the_code_base() -> None:
    paths = (cached(), f"{ROOT}\\lib\\B.dll")
    assert image(f"A.M, {WHOLE}", paths, code_base("lib/B.dll")) == cached()


@pytest.mark.parametrize("href", ["https://example.org/B.dll", "file:///%Own%/B.dll"])
def test_a_code_base_that_leads_to_no_path_is_passed_over(href: str) -> None:
    assert image(f"A.M, {WHOLE}", (f"{BIN}\\A.dll",), code_base(href)) == f"{BIN}\\A.dll"


def test_where_a_code_base_leads_to_nothing_the_search_ends() -> None:
    found = linked(f"A.M, {WHOLE}", {f"{BIN}\\A.dll": assembly()}, code_base("file:///D:/B.dll"))
    assert (found.image, found.image_state) == ("D:\\B.dll", ImageState.NOT_COLLECTED)


def test_an_assembly_without_a_key_has_no_code_base_outside_of_the_application() -> None:
    rest = bindings(dependent('<codeBase href="file:///C:/Contoso/A.dll" />', token="null"))
    assert image("A.M, A", ("C:\\Contoso\\A.dll", f"{BIN}\\A.dll"), rest) == f"{BIN}\\A.dll"


# Names that are not whole


def compilation(inner: str) -> str:
    return f"<system.web><compilation><assemblies>{inner}</assemblies></compilation></system.web>"


def test_a_listed_assembly_makes_a_partial_name_whole() -> None:
    assert image("A.M, A", (cached(),), compilation(f'<add assembly="{WHOLE}" />')) == cached()


def test_a_listed_assembly_with_another_key_does_not() -> None:
    type_ = "A.M, A, PublicKeyToken=fedcba9876543210"
    assert image(type_, (cached(),), compilation(f'<add assembly="{WHOLE}" />')) is None


def test_qualify_assembly_makes_a_partial_name_whole() -> None:
    rest = bindings(f'<qualifyAssembly partialName="a" fullName="{WHOLE}" />')
    assert image("A.M, A", (cached(), f"{BIN}\\A.dll"), rest) == cached()


def test_a_type_without_an_assembly_is_of_the_one_in_bin_that_defines_it() -> None:
    more = {f"{BIN}\\A.dll": assembly("A", "X.M"), f"{BIN}\\B.dll": assembly("B", "X.N")}
    assert linked("X.N", more).image == f"{BIN}\\B.dll"


def test_a_type_that_two_assemblies_define_is_of_neither() -> None:
    more = {f"{BIN}\\A.dll": assembly("A", "X.M"), f"{BIN}\\B.dll": assembly("B", "X.M")}
    assert linked("X.M", more).image_state is ImageState.UNRESOLVED


def test_a_type_without_an_assembly_is_looked_for_in_listed_assemblies() -> None:
    assert linked("X.M", {cached(): assembly("A", "X.M")}, compilation(f'<add assembly="{WHOLE}" />')).image == cached()


def test_a_folder_below_bin_is_no_part_of_the_application() -> None:
    assert linked("X.M", {f"{BIN}\\old\\A.dll": assembly("A", "X.M")}).image is None


@pytest.mark.parametrize("assembly_name", ["App_Code", "__code"])
def test_code_that_asp_net_compiles_has_no_file(assembly_name: str) -> None:
    found = linked(f"A.M, {assembly_name}", {f"{BIN}\\App_Code.dll": assembly("App_Code", "A.M")})
    assert (found.image_state, found.type_found) == (ImageState.UNRESOLVED, None)


# Assemblies of .NET


MICROSOFT = "b03f5f7f11d50a3a"
SYSTEM_WEB = f"System.Web, Version=2.0.0.0, Culture=neutral, PublicKeyToken={MICROSOFT}"


@pytest.mark.parametrize("type_", ["System.Web.M", "System.Web.M, System.Web", f"System.Web.M, {SYSTEM_WEB}"])
def test_a_framework_assembly_may_be_examined_in_its_own_folder(type_: str) -> None:
    path = f"{FRAMEWORK}\\System.Web.dll"
    assert linked(type_, {path: assembly("System.Web", "System.Web.M")}).image == path


def test_clr_4_takes_its_own_version_of_a_framework_assembly() -> None:
    path = cached("4.0.0.0", "GAC_64", "System.Web", MICROSOFT)
    assert linked(f"System.Web.M, {SYSTEM_WEB}", {path: assembly("System.Web")}).image == path


def test_a_file_in_bin_does_not_stand_in_for_a_framework_assembly() -> None:
    assert linked(f"System.Web.M, {SYSTEM_WEB}", {f"{BIN}\\System.Web.dll": assembly("System.Web")}).image is None


# Registered for the whole server


def for_all(files: Files, type_: str = "A.M, A") -> Component:
    return module(collected(apphost(f'<modules><add name="M" type="{type_}" /></modules>'), more=files))


@pytest.mark.parametrize("type_", ["A.M, A", "A.M"])
def test_a_server_wide_type_is_looked_for_in_the_applications(type_: str) -> None:
    assert for_all({f"{ROOT}\\app\\bin\\A.dll": assembly("A", "A.M")}, type_).image == f"{ROOT}\\app\\bin\\A.dll"


def test_a_server_wide_type_is_of_no_file_when_applications_have_different_ones() -> None:
    found = for_all({f"{BIN}\\A.dll": assembly(), f"{ROOT}\\app\\bin\\A.dll": assembly(version="2.0.0.0")})
    assert found.image_state is ImageState.UNRESOLVED


# Types


@pytest.mark.parametrize(("type_", "found"), [("A.M, A", True), ("a.m, A", True), ("A.N, A", False)])
def test_it_is_known_whether_the_assembly_defines_the_type(type_: str, found: bool) -> None:
    assert linked(type_, {f"{BIN}\\A.dll": assembly("A", "A.M")}).type_found is found


def test_of_a_native_file_it_is_not_known() -> None:
    assert linked("A.M, A", {f"{BIN}\\A.dll": build(PeSpec())}).type_found is None


# Coverage


def unresolved(inventory: Inventory) -> list[tuple[str, int]]:
    return [(g.subject, g.count) for g in inventory.gaps if g.kind is GapKind.UNRESOLVED]


def test_types_of_an_assembly_that_is_not_there_are_one_gap() -> None:
    rows = '<modules><add name="M" type="A.M, A" /><add name="N" type="A.N, A" /></modules>'
    assert unresolved(collected(apphost(), {"": web_config(rows)})) == [("A", 2)]


def test_a_gap_says_where_was_looked() -> None:
    inventory = collected(apphost(), {"": own(f"A.M, {WHOLE}")})
    (gap,) = (g for g in inventory.gaps if g.kind is GapKind.UNRESOLVED)
    assert gap.reason == "assembly not in the evidence: looked in the global assembly cache, codeBase and bin"


@pytest.mark.parametrize("type_", ["System.Web.M", f"System.Web.M, {SYSTEM_WEB}", "A.M, App_Code"])
def test_types_that_need_no_file_are_no_gap(type_: str) -> None:
    assert unresolved(collected(apphost(), {"": own(type_)})) == []
