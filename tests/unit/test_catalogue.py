import pytest

from iisight.catalogue import names
from iisight.catalogue.lookup import Catalogue, catalogue
from iisight.catalogue.tables import rows
from iisight.model.component import CatalogueMatch, Kind

URI_CACHE = r"C:\Windows\System32\inetsrv\cachuri.dll"
TABLES = [
    "assemblies",
    "clr_configs",
    "code_attributes",
    "collections",
    "compression",
    "handlers",
    "http_handlers",
    "implausible_folders",
    "isapi_filters",
    "known_profilers",
    "listeners",
    "managed_modules",
    "module_providers",
    "native_modules",
    "prestart_assemblies",
    "progids",
    "public_key_tokens",
    "restrictions",
    "sections",
    "stock_files",
    "webdav_stores",
]


@pytest.fixture(scope="module")
def known() -> Catalogue:
    return catalogue()


def native(known: Catalogue, name: str, image: str) -> CatalogueMatch | None:
    return known.match(Kind.NATIVE_MODULE, name, image, None, "", "")


def managed(known: Catalogue, name: str, type_: str, precondition: str = "", scope: str = "") -> CatalogueMatch | None:
    return known.match(Kind.MANAGED_MODULE, name, None, type_, precondition, scope)


def handler(known: Catalogue, kind: Kind, name: str, image: str | None, type_: str | None) -> CatalogueMatch | None:
    return known.match(kind, name, image, type_, "", "")


def difference(match: CatalogueMatch | None) -> tuple[str, ...]:
    assert match is not None
    return match.differs


@pytest.mark.parametrize("table", TABLES)
def test_every_row_names_its_source(table: str) -> None:
    assert [row for row in rows(table) if not row["source"]] == []


@pytest.mark.parametrize(
    "image",
    [
        URI_CACHE,
        r"%windir%\System32\inetsrv\cachuri.dll",
        r"%SystemRoot%\system32\INETSRV\CACHURI.DLL",
        r"\\?\C:\Windows\System32\inetsrv\cachuri.dll",
        "D:/Windows/System32/inetsrv/cachuri.dll",
        r"%IIS_BIN%\cachuri.dll",
        r"C:\Program Files (x86)\IIS Express\cachuri.dll",
    ],
)
def test_stock_module_agrees_however_its_path_is_spelled(known: Catalogue, image: str) -> None:
    match = native(known, "UriCacheModule", image)
    assert match is not None
    assert match.exact


@pytest.mark.parametrize(
    "image",
    [
        r"C:\Windows\Temp\cachuri.dll",
        r"C:\Windows\System32\cachuri.dll",
        r"C:\Windows\SysWOW64\inetsrv\cachuri.dll",
        r"\\server\c$\Windows\System32\inetsrv\cachuri.dll",
        r"C:\Windows\System32\inetsrv\..\..\Temp\cachuri.dll",
        r"C:\Windows\System32\inetsrv\cachuri.dll:stream",
        "C:\\Windows\\System32\\inetsrv\\ca\u0441huri.dll",
        "C:\\Windows\\System32\\inet\u017frv\\cachuri.dll",
        "%windirx%\\System32\\inetsrv\\cachuri.dll",
        "cachuri.dll",
    ],
)
def test_stock_name_with_another_file_differs_in_its_image(known: Catalogue, image: str) -> None:
    assert difference(native(known, "UriCacheModule", image)) == ("image",)


def test_stock_name_alone_is_not_enough(known: Catalogue) -> None:
    assert difference(known.match(Kind.NATIVE_MODULE, "UriCacheModule", None, None, "", "")) == ("image",)


def test_stock_name_without_its_type_is_not_enough(known: Catalogue) -> None:
    assert difference(known.match(Kind.MANAGED_MODULE, "Session", None, None, "managedHandler", "")) == ("type",)


def test_difference_in_image_tells_the_stock_path(known: Catalogue) -> None:
    match = native(known, "UriCacheModule", r"C:\x\cachuri.dll")
    assert match is not None
    assert match.expected == r"%windir%\System32\inetsrv\cachuri.dll"


def test_kelvin_sign_is_not_the_letter_k(known: Catalogue) -> None:
    image = "C:\\Windows\\System32\\inetsrv\\cachto\u212an.dll"
    assert difference(native(known, "TokenCacheModule", image)) == ("image",)


def test_names_are_compared_with_their_case(known: Catalogue) -> None:
    match = native(known, "uricachemodule", URI_CACHE)
    assert match is not None
    assert (match.agrees, match.differs, match.expected) == (("image",), ("name",), "UriCacheModule")


def test_unknown_module_has_no_match(known: Catalogue) -> None:
    assert native(known, "HttpLogingModule", r"C:\Windows\System32\inetsrv\httplog.dll") is None


def test_stock_filter_under_a_module_name_is_no_match(known: Catalogue) -> None:
    image = r"C:\Windows\Microsoft.NET\Framework64\v4.0.30319\aspnet_filter.dll"
    assert native(known, "Filter", image) is None


def test_exchange_may_be_installed_anywhere(known: Catalogue) -> None:
    match = native(known, "kerbauth", r"F:\Apps\Microsoft\Exchange Server\V15\Bin\kerbauth.dll")
    assert match is not None
    assert match.exact


def test_exchange_is_not_installed_in_a_temporary_folder(known: Catalogue) -> None:
    image = r"C:\Windows\Temp\Exchange Server\V15\Bin\kerbauth.dll"
    assert difference(native(known, "kerbauth", image)) == ("image",)


def test_exchange_is_not_installed_on_a_share(known: Catalogue) -> None:
    image = r"\\server\share\Exchange Server\V15\Bin\kerbauth.dll"
    assert difference(native(known, "kerbauth", image)) == ("image",)


def test_type_agrees_whatever_its_white_space_and_order_of_assembly_parts(known: Catalogue) -> None:
    type_ = (
        "System.Web.Handlers.ScriptModule,System.Web.Extensions,"
        "PublicKeyToken=31BF3856AD364E35,Version=4.0.0.0,Culture=neutral"
    )
    match = managed(known, "ScriptModule-4.0", type_, "managedHandler")
    assert match is not None
    assert match.exact


@pytest.mark.parametrize(
    "type_",
    [
        "Evil.SessionStateModule",
        "System.Web.SessionState.SessionStateModule, Evil",
        "system.web.sessionstate.sessionstatemodule",
    ],
)
def test_stock_name_with_another_type_differs(known: Catalogue, type_: str) -> None:
    assert difference(managed(known, "Session", type_, "managedHandler")) == ("type",)


def test_type_with_another_public_key_token_differs(known: Catalogue) -> None:
    type_ = "System.Web.Handlers.ScriptModule, System.Web.Extensions, Version=4.0.0.0, PublicKeyToken=0123456789abcdef"
    assert difference(managed(known, "ScriptModule-4.0", type_, "managedHandler")) == ("type",)


def test_type_in_its_default_assembly_agrees(known: Catalogue) -> None:
    type_ = "System.Web.SessionState.SessionStateModule, System.Web, Version=4.0.0.0"
    assert difference(managed(known, "Session", type_, "managedHandler")) == ()


def test_stock_type_under_a_name_of_its_own(known: Catalogue) -> None:
    match = managed(known, "MySession", "System.Web.SessionState.SessionStateModule")
    assert match is not None
    assert (match.agrees, match.differs) == (("type",), ("name",))


def test_handler_lists_are_compared_whole(known: Catalogue) -> None:
    modules = "StaticFileModule,DefaultDocumentModule,Evil"
    assert difference(handler(known, Kind.NATIVE_HANDLER, "StaticFile", None, modules)) == ("type",)


def test_stock_handler_turned_into_a_managed_one_differs(known: Catalogue) -> None:
    assert difference(handler(known, Kind.MANAGED_HANDLER, "StaticFile", None, "Evil.Handler, Evil")) == ("type",)


def test_stock_isapi_handler_with_another_script_processor_differs(known: Catalogue) -> None:
    match = handler(known, Kind.ISAPI_EXTENSION, "ASPClassic", r"C:\x\asp.dll", None)
    assert difference(match) == ("image",)


def test_metabase_handlers_are_known_by_the_pattern_of_their_names(known: Catalogue) -> None:
    image = r"C:\Windows\Microsoft.NET\Framework64\v4.0.30319\aspnet_isapi.dll"
    assert difference(handler(known, Kind.ISAPI_EXTENSION, "AboMapperCustom-4711", image, None)) == ()


def test_another_type_for_a_verb_and_path_is_no_imitation(known: Catalogue) -> None:
    assert handler(known, Kind.MANAGED_HANDLER, "* *.aspx", None, "Some.Handler, Some") is None


def test_missing_managed_handler_differs(known: Catalogue) -> None:
    match = managed(known, "UrlMappingsModule", "System.Web.UrlMappingsModule", "runtimeVersionv4.0")
    assert difference(match) == ("precondition",)


@pytest.mark.parametrize("extra", ["", ",bitness64", ",runtimeVersionv4.0", ",integratedMode,runtimeVersionv2.0"])
def test_bitness_and_version_of_a_precondition_do_not_count(known: Catalogue, extra: str) -> None:
    match = managed(known, "UrlMappingsModule", "System.Web.UrlMappingsModule", "managedHandler" + extra)
    assert difference(match) == ()


@pytest.mark.parametrize("scope", ["Exchange Back End/ecp", "Default Web Site/ECP/sub"])
def test_exchange_module_agrees_in_its_own_application(known: Catalogue, scope: str) -> None:
    type_ = "Microsoft.Exchange.Management.ControlPanel.RbacModule"
    assert difference(managed(known, "RbacModule", type_, "managedHandler", scope)) == ()


@pytest.mark.parametrize("scope", ["", "Default Web Site", "Default Web Site/owa", "Default Web Site/ecpx"])
def test_exchange_module_differs_elsewhere(known: Catalogue, scope: str) -> None:
    type_ = "Microsoft.Exchange.Management.ControlPanel.RbacModule"
    assert difference(managed(known, "RbacModule", type_, "managedHandler", scope)) == ("scope",)


def test_one_exchange_name_may_have_several_types(known: Catalogue) -> None:
    type_ = "Microsoft.Exchange.HttpProxy.FbaModule,Microsoft.Exchange.FrontEndHttpProxy"
    assert difference(managed(known, "HttpProxy", type_, "", "Default Web Site/owa")) == ()


def test_listener_with_a_dll_of_its_own_differs(known: Catalogue) -> None:
    match = known.match(Kind.WAS_PROTOCOL, "net.tcp", r"C:\x\protocol.dll", None, "", "")
    assert difference(match) == ("image",)


def test_any_pool_may_name_the_stock_loader(known: Catalogue) -> None:
    match = known.match(Kind.CLR_LOADER, "DefaultAppPool", "webengine4.dll", None, "", "")
    assert match is not None
    assert (match.agrees, match.differs) == (("image",), ())


def test_another_loader_is_unknown(known: Catalogue) -> None:
    assert known.match(Kind.CLR_LOADER, "DefaultAppPool", "webengine5.dll", None, "", "") is None


def test_restriction_is_found_by_its_path(known: Catalogue) -> None:
    row = known.restriction(r"C:\Windows\System32\RpcProxy\RpcProxyShim.dll")
    assert row is not None
    assert row["name"] == "RPC Proxy Server Extension"


def test_restriction_of_an_unknown_path(known: Catalogue) -> None:
    assert known.restriction(r"C:\x\asp.dll") is None


def test_stock_names_hold_no_third_party(known: Catalogue) -> None:
    stock = known.stock_names(Kind.NATIVE_MODULE)
    assert "UriCacheModule" in stock
    assert "iisnode" not in stock


def test_stock_names_hold_no_pattern(known: Catalogue) -> None:
    assert [n for n in known.stock_names(Kind.ISAPI_EXTENSION) if "*" in n] == []


def test_stock_file_names_are_base_names(known: Catalogue) -> None:
    found = known.stock_file_names()
    assert {"cachuri.dll", "iiscore.dll", "owaauth.dll"} <= found
    assert [n for n in found if "\\" in n or n != n.lower()] == []


def test_stock_images_have_their_32_bit_twins(known: Catalogue) -> None:
    assert {r"\windows\system32\inetsrv\cachuri.dll", r"\windows\syswow64\inetsrv\cachuri.dll"} <= known.stock_images()


def test_stock_images_are_those_of_the_role_alone(known: Catalogue) -> None:
    assert [i for i in known.stock_images() if "exchange" in i or "iis express" in i] == []


@pytest.mark.parametrize(
    ("path", "product"),
    [
        (URI_CACHE, "IIS"),
        (r"C:\Windows\SysWOW64\inetsrv\cachuri.dll", "IIS"),
        (r"C:\Windows\System32\inetsrv\w3wp.exe", "IIS"),
        (r"C:\Program Files\iisnode\iisnode.dll", "iisnode"),
    ],
)
def test_owner_of_a_file(known: Catalogue, path: str, product: str) -> None:
    row = known.image_owner(path)
    assert row is not None
    assert row["product"] == product


def test_stranger_in_inetsrv_has_no_owner(known: Catalogue) -> None:
    assert known.image_owner(r"C:\Windows\System32\inetsrv\stranger.dll") is None


@pytest.mark.parametrize(
    ("name", "token", "answer"),
    [
        ("System.Web", "b03f5f7f11d50a3a", True),
        ("system.web", None, True),
        ("System.Web", "B03F5F7F11D50A3A", True),
        ("System.Web", "0123456789abcdef", False),
        ("System.Webs", None, False),
        ("Newtonsoft.Json", "30ad4fe6b2a6aeed", False),
    ],
)
def test_framework_assembly(known: Catalogue, name: str, token: str | None, answer: bool) -> None:
    assert known.is_framework_assembly(name, token) is answer


def test_family_of_assemblies_needs_the_token_of_its_product(known: Catalogue) -> None:
    assert known.assembly_product("Microsoft.Exchange.Services.Wcf", "31bf3856ad364e35") == "Exchange 2016/2019"
    assert known.assembly_product("Microsoft.Exchange.Services.Wcf", "0123456789abcdef") is None


def test_family_does_not_reach_into_longer_words(known: Catalogue) -> None:
    assert known.assembly_product("Microsoft.Exchanges.Services", None) is None


def test_profiler_is_known_by_its_clsid_in_any_spelling(known: Catalogue) -> None:
    assert known.profiler("{918728dd-259f-4a6a-ac2b-b85e1b658318}") == "OpenTelemetry .NET"


def test_clsid_of_the_sample_profiler_is_nobodys(known: Catalogue) -> None:
    assert known.profiler("{cf0d821e-299b-5307-a3d8-b283c03916dd}") is None


def test_known_assembly_that_runs_before_start(known: Catalogue) -> None:
    assert known.prestart_known("webactivatorex")
    assert not known.prestart_known("Stranger")


@pytest.mark.parametrize(
    "path",
    [
        r"C:\Windows\Temp\a.dll",
        r"C:\Windows\Temp\deep\er\a.dll",
        r"C:\Users\Public\a.dll",
        r"C:\Users\bob\AppData\Local\Temp\a.dll",
        r"C:\ProgramData\a.dll",
        r"C:\PerfLogs\a.dll",
        r"C:\$Recycle.Bin\S-1-5-21\a.dll",
        r"C:\inetpub\temp\a.dll",
        r"C:\a.dll",
        r"C:\Program Files\..\Windows\Temp\a.dll",
        r"C:\Windows\System32\inetsrv\config\schema\a.dll",
    ],
)
def test_implausible_folder(known: Catalogue, path: str) -> None:
    assert known.is_implausible_folder(path)


@pytest.mark.parametrize(
    "path",
    [
        URI_CACHE,
        r"C:\ProgramData\Vendor\a.dll",
        r"C:\inetpub\wwwroot\bin\a.dll",
        r"C:\Program Files\Vendor\Temp\a.dll",
        r"C:\Windows\Temporary\a.dll",
        r"D:\apps\a.dll",
    ],
)
def test_plausible_folder(known: Catalogue, path: str) -> None:
    assert not known.is_implausible_folder(path)


def test_long_names_are_cut_off() -> None:
    assert len(names.fold("a" * 1_000_000)) == names.MAX_NAME


def test_star_stays_within_a_component() -> None:
    assert names.fits(r"\a\b1c\d", r"\a\b*c\d")
    assert not names.fits(r"\a\b\c\d", r"\a\b*c\d")


def test_commas_inside_type_arguments_do_not_split() -> None:
    parsed = names.parse_type("N.T`1[[A.B, C, Version=1.0.0.0]], Asm, Version=2.0.0.0")
    assert (parsed.name, parsed.assembly, parsed.version) == ("N.T`1[[A.B, C, Version=1.0.0.0]]", "asm", "2.0.0.0")
