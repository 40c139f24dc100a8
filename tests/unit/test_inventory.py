"""The inventory: every mechanism's components, their files, and what could not be found."""

import pytest

from iisight.evidence.memory import memory_source
from iisight.inventory.collect import collect
from iisight.inventory.config.documents import MAX_INCLUDES
from iisight.inventory.inventory import Inventory
from iisight.model.component import Component, ImageState, Kind
from iisight.model.config import Fate
from iisight.model.coverage import GapKind
from iisight.workbench import stock
from iisight.workbench.pe import PeSpec, build
from tests.builders.servers import ROOT, apphost, collected, files, web_config

MODULE = build(PeSpec(exports=("RegisterModule",)))


def one(inventory: Inventory, kind: Kind, name: str | None = None) -> Component:
    """Return the single component of a kind (and name)."""
    (found,) = (c for c in inventory.of(kind) if name in {None, c.name})
    return found


def pools(inner: str) -> str:
    return f'<add name="P64">{inner}</add><add name="P32" enable32BitAppOnWin64="true" />'


@pytest.mark.parametrize(
    ("server", "kind"),
    [
        ('<globalModules><add name="N" image="C:\\n.dll" /></globalModules>', Kind.NATIVE_MODULE),
        ('<modules><add name="M" type="A.M, A" /></modules>', Kind.MANAGED_MODULE),
        ('<handlers><add name="H" path="*.h" verb="*" type="A.H, A" /></handlers>', Kind.MANAGED_HANDLER),
        (
            '<handlers><add name="I" path="*" verb="*" modules="IsapiModule" scriptProcessor="C:\\i.dll" /></handlers>',
            Kind.ISAPI_EXTENSION,
        ),
        ('<isapiFilters><filter name="F" path="C:\\f.dll" /></isapiFilters>', Kind.ISAPI_FILTER),
        (
            '<handlers><add name="C" path="*.c" verb="*" modules="CgiModule" scriptProcessor="C:\\c.exe" /></handlers>',
            Kind.CGI,
        ),
        ('<fastCgi><application fullPath="C:\\php.exe" /></fastCgi>', Kind.FASTCGI),
        ('<aspNetCore processPath="dotnet" arguments="a.dll" />', Kind.APP_PROCESS),
        (
            '<tracing><traceFailedRequests><add path="*" customActionExe="x.exe" /></traceFailedRequests></tracing>',
            Kind.TRACE_ACTION,
        ),
        ('<httpCompression><scheme name="z" dll="C:\\z.dll" /></httpCompression>', Kind.COMPRESSION),
        ('<rewrite><providers><provider name="P" type="A.P, A" /></providers></rewrite>', Kind.REWRITE_PROVIDER),
        (
            ('<rewrite><globalRules><rule name="R"><action type="Rewrite" url="http://x" /></rule></globalRules>'
            "</rewrite>"),
            Kind.REWRITE_PROXY,
        ),
        (
            '<httpErrors><error statusCode="404" responseMode="ExecuteURL" path="/e.aspx" /></httpErrors>',
            Kind.ERROR_PAGE,
        ),
        (
            ('<webdav><globalSettings><propertyStores><add name="W" image="C:\\w.dll" /></propertyStores>'
            "</globalSettings></webdav>"),
            Kind.WEBDAV_STORE,
        ),
        ('<management><delegation><rule providers="runCommand" /></delegation></management>', Kind.DEPLOY_RULE),
    ],
    ids=lambda value: value if isinstance(value, Kind) else "",
)  # fmt: skip
def test_a_setting_of_the_server_becomes_a_component(server: str, kind: Kind) -> None:
    assert one(collected(apphost(server)), kind).registrations[0].locator.path.endswith("applicationHost.config")


@pytest.mark.parametrize(
    ("inner", "kind"),
    [
        ('<failure orphanActionExe="C:\\o.exe" orphanWorkerProcess="true" />', Kind.POOL_ACTION),
        ('<failure autoShutdownExe="C:\\o.exe" />', Kind.POOL_ACTION),
        ('<environmentVariables><add name="COR_PROFILER" value="{1}" /></environmentVariables>', Kind.ENVIRONMENT),
    ],
)
def test_a_setting_of_a_pool_becomes_a_component(inner: str, kind: Kind) -> None:
    assert one(collected(apphost(pools=pools(inner))), kind).mechanism in {"L-11", "L-13"}


def test_the_clr_loader_of_a_pool_becomes_a_component() -> None:
    inventory = collected(apphost(pools='<add name="P64" managedRuntimeLoader="own.dll" />'))
    assert one(inventory, Kind.CLR_LOADER).image == "own.dll"


def test_an_environment_variable_that_loads_nothing_is_no_component() -> None:
    inner = '<environmentVariables><add name="ASPNETCORE_ENVIRONMENT" value="x" /></environmentVariables>'
    assert not list(collected(apphost(pools=pools(inner))).of(Kind.ENVIRONMENT))


def test_a_log_plug_in_of_a_site_becomes_a_component() -> None:
    sites = '<site name="S" id="1"><logFile customLogPluginClsid="{1}" /><application path="/" /></site>'
    assert one(collected(apphost(sites=sites)), Kind.LOG_PLUGIN).type == "{1}"


def test_a_schema_extension_becomes_a_component() -> None:
    section = '<sectionSchema name="a"><attribute name="b" extension="Own.Thing" /></sectionSchema>'
    schema = f"<configSchema>{section}</configSchema>"
    more = {"C:\\Windows\\System32\\inetsrv\\config\\schema\\own.xml": schema}
    assert one(collected(apphost(), more=more), Kind.SCHEMA_EXTENSION).type == "Own.Thing"


def test_an_iis_manager_provider_becomes_a_component() -> None:
    manager = '<configuration><moduleProviders><add name="P" type="A.P, A" /></moduleProviders></configuration>'
    more = {"C:\\Windows\\System32\\inetsrv\\config\\administration.config": manager}
    found = one(collected(apphost(), more=more), Kind.MANAGER_PROVIDER)
    assert (found.server, found.effective) == ("IIS Manager", True)


def test_code_that_needs_no_configuration_becomes_components() -> None:
    managed = PeSpec(managed=True, assembly="A", assembly_attributes=("System.Web.PreApplicationStartMethodAttribute",))
    more: dict[str, bytes | str] = {
        f"{ROOT}\\bin\\a.dll": build(managed),
        f"{ROOT}\\bin\\b.dll": build(PeSpec(managed=True, assembly="B")),
        f"{ROOT}\\bin\\AspNet.Loader.dll": build(PeSpec(managed=True, assembly="AspNet.Loader")),
        f"{ROOT}\\App_Code\\x.cs": "class X {}",
        f"{ROOT}\\global.asax": "",
        f"{ROOT}\\PrecompiledApp.config": "<precompiledApp />",
    }
    inventory = collected(apphost(), more=more)
    kinds = {(c.kind, c.name) for c in inventory.of(Kind.START_CODE, Kind.APP_ASSEMBLY, Kind.PRECOMPILED)}
    assert kinds == {
        (Kind.START_CODE, "a.dll"),
        (Kind.APP_ASSEMBLY, "b.dll"),
        (Kind.START_CODE, "AspNet.Loader.dll"),
        (Kind.START_CODE, "App_Code\\x.cs"),
        (Kind.START_CODE, "global.asax"),
        (Kind.PRECOMPILED, "PrecompiledApp.config"),
    }


def test_a_dll_with_an_entry_point_that_nothing_registers_is_a_sleeper() -> None:
    found = one(collected(apphost(), more={"C:\\tools\\s.dll": MODULE}), Kind.SLEEPER)
    assert (found.image, found.effective) == ("C:\\tools\\s.dll", False)


def test_a_registered_dll_is_no_sleeper() -> None:
    host = apphost('<globalModules><add name="N" image="C:\\tools\\s.dll" /></globalModules>')
    assert not list(collected(host, more={"C:\\tools\\s.dll": MODULE}).of(Kind.SLEEPER))


def test_a_file_that_only_mentions_an_entry_point_is_no_sleeper() -> None:
    text = build(PeSpec(exports=("Other",), strings=("RegisterModule",)))
    assert not list(collected(apphost(), more={"C:\\tools\\s.dll": text}).of(Kind.SLEEPER))


def test_a_stock_server_is_known_throughout() -> None:
    inventory = collect(memory_source(stock.stock_files()))
    assert [c.id for c in inventory.components if c.match is None or not c.match.exact] == []
    assert inventory.gaps == ()


def test_presence_says_where_a_module_is_and_where_it_was_removed() -> None:
    host = apphost('<modules><add name="M" type="A.M, A" /></modules>')
    inventory = collected(host, {"app": web_config('<modules>\n<remove name="M" /></modules>')})
    found = [(p.scope, p.effective, p.by and p.by.line) for p in one(inventory, Kind.MANAGED_MODULE).presence]
    assert found == [("", True, None), ("S/app", False, 2)]


def test_an_entry_of_a_web_config_that_no_site_reads_is_listed_as_unread() -> None:
    more = {"D:\\old\\web.config": web_config('<modules><add name="M" type="A.M, A" /></modules>')}
    found = one(collected(apphost(), more=more), Kind.MANAGED_MODULE)
    assert (found.effective, found.registrations[0].fate) == (False, Fate.UNREAD)


def test_a_web_config_alone_counts_as_in_force() -> None:
    more = {f"{ROOT}\\web.config": web_config('<modules><add name="M" type="A.M, A" /></modules>')}
    assert one(collect(memory_source(more)), Kind.MANAGED_MODULE).effective


def test_an_isapi_handler_without_permission_is_not_effective() -> None:
    row = '<handlers><add name="I" path="*" verb="*" modules="IsapiModule" scriptProcessor="C:\\i.dll" /></handlers>'
    gate = '<security><isapiCgiRestriction><add path="C:\\i.dll" allowed="{}" /></isapiCgiRestriction></security>'
    for allowed in (True, False):
        inventory = collected(apphost(row + gate.format(str(allowed).lower())))
        assert one(inventory, Kind.ISAPI_EXTENSION).effective is allowed


def test_a_disabled_filter_is_not_effective() -> None:
    host = apphost('<isapiFilters><filter name="F" path="C:\\f.dll" enabled="false" /></isapiFilters>')
    found = one(collected(host), Kind.ISAPI_FILTER)
    assert (found.effective, found.registrations[0].fate) == (False, Fate.DISABLED)


def test_a_precondition_names_the_pools_that_meet_it() -> None:
    host = apphost('<globalModules><add name="N" image="C:\\n.dll" preCondition="bitness32" /></globalModules>')
    assert one(collected(host), Kind.NATIVE_MODULE).pools == ("P32",)


def test_the_32_bit_twin_is_found_when_32_bit_pools_load_it() -> None:
    image = "C:\\Windows\\System32\\inetsrv\\n.dll"
    host = apphost(f'<globalModules><add name="N" image="{image}" /></globalModules>')
    inventory = collected(host, more={image: MODULE, image.replace("System32", "SysWOW64"): MODULE})
    twin = one(inventory, Kind.NATIVE_MODULE).twin
    assert twin is not None
    assert "SysWOW64" in twin.path


def test_a_file_is_missing_only_where_its_neighbours_were_collected() -> None:
    host = apphost('<globalModules><add name="N" image="C:\\tools\\n.dll" /></globalModules>')
    bare = one(collected(host), Kind.NATIVE_MODULE)
    among = one(collected(host, more={"C:\\tools\\other.dll": MODULE}), Kind.NATIVE_MODULE, "N")
    assert (bare.image_state, among.image_state) == (ImageState.NOT_COLLECTED, ImageState.MISSING)


@pytest.mark.parametrize(
    ("neighbour", "state"),
    [("Beta\\b.dll", ImageState.NOT_COLLECTED), ("b.dll", ImageState.MISSING)],
)
def test_another_product_does_not_stand_for_a_folder_that_was_not_collected(neighbour: str, state: ImageState) -> None:
    host = apphost('<globalModules><add name="N" image="C:\\Program Files\\Acme\\n.dll" /></globalModules>')
    inventory = collected(host, more={f"C:\\Program Files\\{neighbour}": MODULE})
    assert one(inventory, Kind.NATIVE_MODULE, "N").image_state is state


def test_images_that_are_not_in_the_evidence_are_coverage() -> None:
    host = apphost('<globalModules><add name="N" image="C:\\tools\\n.dll" /></globalModules>')
    assert (GapKind.MISSING, "C:\\tools") in [(g.kind, g.subject) for g in collected(host).gaps]


def test_content_and_framework_folders_that_are_not_in_the_evidence_are_coverage() -> None:
    subjects = {g.subject for g in collected(apphost()).gaps}
    frameworks = [f"C:\\Windows\\Microsoft.NET\\{f}\\v4.0.30319\\CONFIG" for f in ("Framework", "Framework64")]
    hives = [f"C:\\Windows\\System32\\config\\{name}" for name in ("SOFTWARE", "SYSTEM")]
    assert subjects == {*frameworks, *hives, ROOT}


def test_an_application_alone_says_that_the_server_is_not_known() -> None:
    (gap,) = collect(memory_source({f"{ROOT}\\web.config": web_config("")})).gaps
    assert gap.subject.endswith("applicationHost.config")


def test_evidence_without_configuration_is_not_clean() -> None:
    (gap,) = collect(memory_source({"C:\\notes.txt": "x"})).gaps
    assert gap.reason == "no configuration that IIS reads was found in it"


def test_a_type_is_traced_to_its_assembly_in_bin() -> None:
    own = web_config('<modules><add name="M" type="A.M, A" /></modules>')
    managed = build(PeSpec(managed=True, assembly="A"))
    found = one(collected(apphost(), {"": own}, {f"{ROOT}\\bin\\A.dll": managed}), Kind.MANAGED_MODULE)
    assert (found.image, found.image_state) == (f"{ROOT}\\bin\\A.dll", ImageState.READ)


def test_a_redirection_out_of_the_evidence_is_coverage() -> None:
    redirection = '<configuration><configurationRedirection enabled="true" path="\\\\nas\\iis" /></configuration>'
    more = {"C:\\Windows\\System32\\inetsrv\\config\\redirection.config": redirection}
    gaps = collected(apphost(), more=more).gaps
    assert (GapKind.MISSING, "\\\\nas\\iis\\applicationHost.config") in [(g.kind, g.subject) for g in gaps]


def test_malformed_configuration_is_coverage_with_its_line() -> None:
    gaps = collected(apphost(), {"": "<configuration>\n<a></a></b>\n</configuration>"}).gaps
    assert [g.reason.split(":")[0] for g in gaps if g.kind is GapKind.MALFORMED] == ["line 2, column 8"]


def test_config_source_does_not_leave_its_folder() -> None:
    own = web_config('<modules configSource="..\\..\\x.config" />')
    gaps = collected(apphost(), {"": own}, {"C:\\x.config": "<modules />"}).gaps
    assert GapKind.REFUSED in [g.kind for g in gaps]


def test_files_that_one_configuration_names_cost_no_other_its_own() -> None:
    many = "".join(
        f'<location path="l{n}"><system.webServer><handlers configSource="h{n}.config" /></system.webServer></location>'
        for n in range(MAX_INCLUDES + 1)
    )
    own = web_config('<handlers configSource="own.config" />')
    row = '<handlers><add name="Evil" path="*.x" verb="*" type="Evil.H, Evil" /></handlers>'
    found = collected(
        apphost(), {"": f"<configuration>{many}</configuration>", "z": own}, {f"{ROOT}\\z\\own.config": row}
    )
    assert any(gap.kind is GapKind.REFUSED and "more than" in gap.reason for gap in found.gaps)
    assert "Evil" in [c.name for c in found.components if c.kind is Kind.MANAGED_HANDLER]


def test_copies_are_told_from_the_file_in_force() -> None:
    more = {
        "C:\\inetpub\\history\\CFGHISTORY_0000000001\\applicationHost.config": apphost(),
        "C:\\inetpub\\temp\\appPools\\P64\\P64.config": apphost(),
        "C:\\Windows\\SysWOW64\\inetsrv\\config\\applicationHost.config": apphost(),
    }
    roles = {copy.role for copy in collected(apphost(), more=more).copies}
    assert roles == {"history", "pool configuration", "SysWOW64 copy"}


def test_iis_express_is_a_server_of_its_own() -> None:
    express = apphost('<globalModules><add name="E" image="%IIS_BIN%\\e.dll" /></globalModules>')
    evidence = {"C:\\Users\\dev\\Documents\\IISExpress\\config\\applicationhost.config": express}
    found = one(collect(memory_source(evidence)), Kind.NATIVE_MODULE)
    assert (found.server, found.image) == ("IIS Express", "C:\\Program Files\\IIS Express\\e.dll")


@pytest.mark.parametrize(
    ("folder", "home"),
    [
        (r"C:\Users\dev\source\shop\.vs\shop\config", r"C:\Users\dev\Documents\IISExpress"),
        (r"D:\shop\.vs\config", r"D:\Users\user\Documents\IISExpress"),
        (r"D:\old\IISExpress\config", r"D:\old\IISExpress"),
    ],
)
def test_the_home_of_iis_express_is_the_users_and_not_the_solutions(folder: str, home: str) -> None:
    server = collect(memory_source({f"{folder}\\applicationhost.config": apphost()})).servers[0]
    assert server.expand(r"%IIS_USER_HOME%\config\aspnet.config") == rf"{home}\config\aspnet.config"


def test_a_copy_of_the_configuration_of_iis_express_is_of_iis_express() -> None:
    express = apphost('<globalModules><add name="E" image="%IIS_BIN%\\e.dll" /></globalModules>')
    evidence = {f"C:\\evidence\\{name}\\applicationhost.config": express for name in "ab"}
    inventory = collect(memory_source(evidence))
    assert ([s.name for s in inventory.servers], [c.role for c in inventory.copies]) == (
        ["IIS Express"],
        ["stray copy"],
    )


def test_passwords_do_not_reach_the_report() -> None:
    row = '<modules><add name="M" type="A.M, A" password="hunter2" apiKey="k" /></modules>'
    attributes = dict(one(collected(apphost(row)), Kind.MANAGED_MODULE).registrations[0].attributes)
    assert (attributes["password"], attributes["apiKey"]) == ("(not shown)", "(not shown)")


def test_the_same_evidence_gives_the_same_inventory() -> None:
    evidence = files(apphost(), {"": web_config('<modules><add name="M" type="A.M, A" /></modules>')})
    one_, two = (collect(memory_source(dict(order))) for order in (evidence.items(), reversed(evidence.items())))
    assert (one_.components, one_.gaps) == (two.components, two.gaps)


def test_a_type_argument_does_not_stand_for_the_assembly() -> None:
    type_ = "Own.M`1[[System.String, mscorlib, PublicKeyToken=b77a5c561934e089, a=b]], Own"
    found = one(collected(apphost(f'<modules><add name="M" type="{type_}" /></modules>')), Kind.MANAGED_MODULE)
    assert found.match is None


def test_a_content_folder_named_like_the_framework_hides_nothing() -> None:
    own = web_config('<modules><add name="M" type="A.M, A" /></modules>')
    found = one(collected(apphost(), {"Microsoft.NET\\Framework\\config": own}), Kind.MANAGED_MODULE)
    assert found.registrations[0].locator.path.endswith("config\\web.config")


def test_folders_that_only_look_alike_to_a_case_folding_are_two() -> None:
    own = web_config('<modules><add name="{}" type="A.M, A" /></modules>')
    inventory = collected(apphost(), {"strasse": own.format("A"), "straße": own.format("B")})
    assert {c.name for c in inventory.of(Kind.MANAGED_MODULE)} == {"A", "B"}


def test_images_that_only_look_alike_to_a_case_folding_are_two() -> None:
    rows = '<add name="N" image="C:\\k.dll" /><add name="N" image="C:\\\u212a.dll" />'
    inventory = collected(
        apphost(f"<isapiFilters>{rows.replace('add', 'filter').replace('image', 'path')}</isapiFilters>")
    )
    assert len({c.id for c in inventory.of(Kind.ISAPI_FILTER)}) == 2


def test_components_of_two_servers_have_ids_of_their_own() -> None:
    host = apphost('<globalModules><add name="N" image="C:\\n.dll" /></globalModules>')
    express = {"C:\\Users\\dev\\Documents\\IISExpress\\config\\applicationhost.config": host}
    ids = [c.id for c in collected(host, more=express).of(Kind.NATIVE_MODULE)]
    assert ids == ["IIS Express/native-module:N:c:\\n.dll", "native-module:N:c:\\n.dll"]


@pytest.mark.parametrize(
    "arguments",
    ["--password=hunter2", "--db-password hunter2", "/pwd:hunter2", "-Token hunter2", "Server=x;Password=hunter2;y=z"],
)
def test_a_secret_of_a_command_line_does_not_reach_the_report(arguments: str) -> None:
    found = one(collected(apphost(f'<aspNetCore processPath="x.exe" arguments="{arguments}" />')), Kind.APP_PROCESS)
    assert "hunter2" not in repr(found)


@pytest.mark.parametrize("assembly", ["Microsoft.Exchange.Own", "Microsoft.Own"])
def test_a_key_that_anybody_can_write_makes_nothing_known(assembly: str) -> None:
    type_ = f"{assembly}.Module, {assembly}, Version=1.0.0.0, Culture=neutral, PublicKeyToken=31bf3856ad364e35"
    found = one(collected(apphost(f'<modules><add name="M" type="{type_}" /></modules>')), Kind.MANAGED_MODULE)
    assert found.match is None


def test_a_module_that_two_files_add_is_in_force_where_either_says_so() -> None:
    own = (
        '<configuration><location path="." inheritInChildApplications="false"><system.webServer><modules>'
        '<add name="M" type="A.M, A" /></modules></system.webServer></location></configuration>'
    )
    found = one(collected(apphost(), {"": own, "app": own}), Kind.MANAGED_MODULE)
    assert [(p.scope, p.effective) for p in found.presence] == [("S", True), ("S/app", True)]


def test_iis_manager_does_not_repeat_what_the_framework_adds() -> None:
    manager = {"C:\\Windows\\System32\\inetsrv\\config\\administration.config": "<configuration />"}
    inventory = collect(memory_source({**stock.stock_files(), **manager}))
    assert not [c.id for c in inventory.components if c.server == "IIS Manager"]


def test_a_copy_alone_is_not_taken_for_the_configuration_in_force() -> None:
    more = {"C:\\inetpub\\history\\CFGHISTORY_0000000002\\applicationHost.config": apphost()}
    assert any("judged by a copy" in gap.reason for gap in collect(memory_source(more)).gaps)


@pytest.mark.parametrize(
    "text",
    [
        "<Configuration><system.webServer><modules /></system.webServer></Configuration>",
        "<configuration><System.WebServer><modules /></System.WebServer></configuration>",
        "<configuration><system.webServer><x:modules /></system.webServer></configuration>",
        "<configuration><system.webServer><modules><x:add name='M' /></modules></system.webServer></configuration>",
        "<configuration><system.webServer><wrap><modules /></wrap></system.webServer></configuration>",
        "<configuration><wrap><system.webServer /></wrap></configuration>",
        "<configuration><Location path='x'><system.webServer /></Location></configuration>",
        "<configuration><location path='x'><location><system.webServer /></location></location></configuration>",
    ],
)
def test_what_only_looks_like_configuration_is_coverage(text: str) -> None:
    gaps = collected(apphost(), {"": text}).gaps
    assert any("not read, as IIS does not read it either" in gap.reason for gap in gaps)


def test_an_included_file_without_the_section_is_coverage() -> None:
    own = web_config('<modules configSource="m.config" />')
    gaps = collected(apphost(), {"": own}, {f"{ROOT}\\m.config": "<handlers />"}).gaps
    assert any("holds no section system.webServer/modules" in gap.reason for gap in gaps)


def test_an_image_whose_name_ends_in_a_blank_is_not_the_stock_one() -> None:
    row = (
        '<globalModules><add name="UriCacheModule" image="%windir%\\System32\\inetsrv\\cachuri.dll " /></globalModules>'
    )
    assert one(collected(apphost(row)), Kind.NATIVE_MODULE).match is None


def test_places_that_the_runtime_is_told_to_look_in_are_components() -> None:
    binding = '<runtime><assemblyBinding><dependentAssembly><assemblyIdentity name="A" /><codeBase href="C:\\a.dll" />'
    own = f"<configuration>{binding}</dependentAssembly></assemblyBinding></runtime></configuration>"
    found = one(collected(apphost(), {"": own}), Kind.TYPE_REFERENCE)
    assert (found.name, found.arguments) == ("codeBase", "C:")


@pytest.mark.parametrize("filler", ["<element name='e' />" * 60_000, "<a>" * 40 + "</a>" * 40])
def test_a_schema_that_is_not_read_whole_is_coverage(filler: str) -> None:
    schema = f"<configSchema><sectionSchema name='a'>{filler}</sectionSchema></configSchema>"
    path = "C:\\Windows\\System32\\inetsrv\\config\\schema\\own.xml"
    assert path in [gap.subject for gap in collected(apphost(), more={path: schema}).gaps]


@pytest.mark.parametrize("folder", ["Framework64\\v9.9", "Framework\\v1.1.4322"])
def test_a_framework_folder_that_no_pool_reads_hides_nothing(folder: str) -> None:
    own = web_config('<modules><add name="M" type="A.M, A" /></modules>')
    more = {f"C:\\Windows\\Microsoft.NET\\{folder}\\CONFIG\\web.config": own}
    inventory = collected(apphost(), more=more)
    assert one(inventory, Kind.MANAGED_MODULE).registrations[0].fate is Fate.UNREAD
    assert any("belongs to no site" in gap.reason for gap in inventory.gaps)


def test_the_root_web_config_belongs_to_no_site_and_is_no_loss() -> None:
    assert not [s.name for s in collect(memory_source(stock.stock_files())).servers if s.name != "IIS"]


def test_the_files_of_a_shared_folder_are_in_force_in_every_application_of_it() -> None:
    sites = "".join(
        f'<site name="{n}" id="{n}"><application path="/">'
        f'<virtualDirectory path="/" physicalPath="{ROOT}" /></application></site>'
        for n in (1, 2)
    )
    found = one(collected(apphost(sites=sites), more={f"{ROOT}\\global.asax": ""}), Kind.START_CODE)
    assert [(p.scope, p.effective) for p in found.presence] == [("1", True), ("2", True)]


def test_a_file_on_another_computer_is_not_looked_for_above_its_share() -> None:
    host = apphost('<globalModules><add name="Far" image="\\\\files\\share\\far.dll" /></globalModules>')
    (far,) = (c for c in collected(host).components if c.name == "Far")
    assert far.image_state is ImageState.NOT_COLLECTED


def test_a_web_config_of_no_site_brings_what_it_registers_and_not_the_modules_of_the_framework() -> None:
    root = "C:\\Windows\\Microsoft.NET\\Framework64\\v4.0.30319\\CONFIG\\web.config"
    framework = '<configuration><system.web><httpModules><add name="Cache" type="A.B, C" /></httpModules></system.web>'
    stray = web_config('<modules><add name="Stray" type="Stray.M, Stray" /></modules>')
    more = {root: f"{framework}</configuration>", "C:\\backup\\web.config": stray}
    found = [c for c in collected(apphost(), {"": web_config("")}, more).components if c.kind is Kind.MANAGED_MODULE]
    assert sorted((c.name, c.server == "IIS") for c in found) == [("Cache", True), ("Stray", False)]
