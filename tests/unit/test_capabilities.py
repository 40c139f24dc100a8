"""What a file can do, told from its traces."""

from collections.abc import Iterable, Mapping

import pytest

from iisight.catalogue.tables import rows
from iisight.examine.capabilities import MAX_REPEATS, MAX_TRACES, FoundString, profile
from iisight.model.binary import Image
from iisight.model.examination import Ability, Assembly, AssemblyName, Call, Subscription, Trace
from iisight.model.locator import Locator
from iisight.parsers import pe
from iisight.workbench.pe import PeSpec, build

TABLES = ("imports", "calls", "strings", "events", "exports")


def image(imports: Mapping[str, tuple[str, ...]], *exports: str) -> Image:
    return pe.parse(build(PeSpec(imports=imports, exports=exports)), Locator("x.dll"))


def assembly(calls: Iterable[str] = (), native: Iterable[str] = ()) -> Assembly:
    made = tuple(Call(target, "Shop.Module::OnBegin", 0) for target in calls)
    return Assembly(AssemblyName("Shop", "1.0.0.0"), calls=made, native_imports=tuple(native))


def native(dll: str, *functions: str, exports: tuple[str, ...] = (), strings: tuple[str, ...] = ()) -> set[Ability]:
    found = profile(image({dll: functions}, *exports), None, (), (FoundString(s, 0) for s in strings))
    return {capability.ability for capability in found}


def managed(*calls: str, native: tuple[str, ...] = ()) -> set[Ability]:
    return {capability.ability for capability in profile(None, assembly(calls, native), (), ())}


def texts(*strings: str) -> set[Ability]:
    return {capability.ability for capability in profile(None, None, (), (FoundString(s, 0) for s in strings))}


@pytest.mark.parametrize(
    ("dll", "functions", "ability"),
    [
        ("KERNEL32.dll", ["CreateProcessW"], Ability.RUNS_PROCESSES),
        ("api-ms-win-core-processthreads-l1-1-0.dll", ["CreateProcessA"], Ability.RUNS_PROCESSES),
        ("api-ms-win-crt-runtime-l1-1-0.dll", ["system"], Ability.RUNS_PROCESSES),
        ("kernel32.dll", ["VirtualAlloc", "VirtualProtect"], Ability.LOADS_CODE),
        ("kernel32.dll", ["VirtualAllocEx", "WriteProcessMemory"], Ability.LOADS_CODE),
        ("mscoree.dll", ["CLRCreateInstance"], Ability.LOADS_CODE),
        ("WS2_32.dll", ["#23"], Ability.OPENS_SOCKETS),
        ("winhttp.dll", ["WinHttpSendRequest"], Ability.CALLS_OUT),
        ("ws2_32.dll", ["bind", "listen", "#1"], Ability.LISTENS),
        ("httpapi.dll", ["HttpAddUrl"], Ability.LISTENS),
        ("kernel32.dll", ["CreateNamedPipeW", "ConnectNamedPipe"], Ability.LISTENS),
        ("advapi32.dll", ["LogonUserW"], Ability.IMPERSONATES),
        ("advapi32.dll", ["RegSaveKeyW"], Ability.READS_SECRETS),
        ("advapi32.dll", ["RegSetValueExW"], Ability.USES_REGISTRY),
        ("bcrypt.dll", ["BCryptDecrypt"], Ability.USES_CRYPTO),
        ("kernel32.dll", ["GetTempPathW", "WriteFile"], Ability.STAGES_FILES),
    ],
)
def test_imports_tell_an_ability(dll: str, functions: list[str], ability: Ability) -> None:
    assert ability in native(dll, *functions)


@pytest.mark.parametrize(
    ("dll", "functions"),
    [
        ("kernel32.dll", ["VirtualAlloc", "CreateThread"]),  # what allocators and thread pools import
        ("kernel32.dll", ["VirtualProtect"]),
        ("kernel32.dll", ["GetTempPathW"]),
        ("dbghelp.dll", ["MiniDumpWriteDump"]),  # a crash handler dumps its own process
        ("ws2_32.dll", ["bind", "listen"]),
        ("acme.dll", ["system", "socket", "#23"]),
    ],
)
def test_functions_that_mean_nothing_alone_tell_no_ability(dll: str, functions: list[str]) -> None:
    assert native(dll, *functions) == set()


def test_a_module_of_iis_with_memory_and_threads_of_its_own_loads_code() -> None:
    found = native("kernel32.dll", "VirtualAlloc", "CreateThread", exports=("RegisterModule",))
    assert found == {Ability.LOADS_CODE}


def test_dumps_of_other_processes_are_secrets() -> None:
    assert native("x.dll", "MiniDumpWriteDump", "CreateToolhelp32Snapshot") == {Ability.READS_SECRETS}


def test_a_trace_names_library_and_function_as_the_file_does() -> None:
    (capability,) = profile(image({"KERNEL32.dll": ("CreateProcessW",)}), None, (), ())
    assert capability.traces == (Trace("import", "KERNEL32.dll!CreateProcessW"),)


@pytest.mark.parametrize(
    ("call", "ability"),
    [
        ("System.Diagnostics.Process::Start", Ability.RUNS_PROCESSES),
        ("System.Reflection.Assembly::Load(byte[])", Ability.LOADS_CODE),
        ("System.Net.HttpListener::GetContext", Ability.LISTENS),
        ("System.Web.HttpResponse::set_Filter", Ability.REWRITES_RESPONSES),
        ("System.Web.HttpRequest::get_InputStream", Ability.READS_REQUESTS),
        (
            "Microsoft.Web.Infrastructure.DynamicModuleHelper.DynamicModuleUtility::RegisterModule",
            Ability.ADDS_MODULES,
        ),
    ],
)
def test_calls_tell_an_ability(call: str, ability: Ability) -> None:
    assert managed(call) == {ability}


def test_loading_an_assembly_by_name_is_not_loading_it_from_memory() -> None:
    assert managed("System.Reflection.Assembly::Load(string)") == set()


def test_platform_invoke_finds_functions_that_are_named_without_their_suffix() -> None:
    assert managed(native=("kernel32!CreateProcess",)) == {Ability.RUNS_PROCESSES}


def test_memory_by_platform_invoke_and_a_delegate_to_it_load_code() -> None:
    delegate = "System.Runtime.InteropServices.Marshal::GetDelegateForFunctionPointer"
    assert managed(delegate, native=("kernel32.dll!VirtualAlloc",)) == {Ability.LOADS_CODE}


def test_a_call_is_shown_with_its_method() -> None:
    (capability,) = profile(None, assembly(["System.Diagnostics.Process::Start"]), (), ())
    expected = Trace("call", "System.Diagnostics.Process::Start", place="Shop.Module::OnBegin")
    assert capability.traces == (expected,)


def test_managed_code_that_runs_processes_and_reads_cookies_takes_commands() -> None:
    found = managed("System.Web.HttpRequest::get_Cookies", "System.Diagnostics.Process::Start")
    assert found == {Ability.RUNS_PROCESSES, Ability.PARSES_COMMANDS}


def test_reading_cookies_alone_is_what_every_login_does() -> None:
    assert managed("System.Web.HttpRequest::get_Cookies", "System.Security.Cryptography.Aes::Create") == {
        Ability.USES_CRYPTO
    }


@pytest.mark.parametrize(
    ("event", "ability"),
    [
        ("RQ_SEND_RESPONSE", Ability.REWRITES_RESPONSES),
        ("PreSendRequestContent", Ability.REWRITES_RESPONSES),
        ("GL_PRE_BEGIN_REQUEST", Ability.READS_REQUESTS),
        ("SF_NOTIFY_READ_RAW_DATA", Ability.READS_REQUESTS),
        ("RQ_LOG_REQUEST", Ability.HOOKS_LOGGING),
        ("LogRequest", Ability.HOOKS_LOGGING),
    ],
)
def test_subscriptions_tell_an_ability(event: str, ability: Ability) -> None:
    (capability,) = profile(None, None, [Subscription(event, place="RVA 0x10")], ())
    assert (capability.ability, capability.traces) == (ability, (Trace("subscription", event, place="RVA 0x10"),))


def test_two_crawlers_are_needed() -> None:
    assert texts("Googlebot") == set()


def test_the_same_crawler_twice_is_one() -> None:
    assert texts("Googlebot", "Googlebot") == set()


def test_two_crawlers_are_knowledge_of_crawlers() -> None:
    assert texts("Googlebot", "bingbot") == {Ability.KNOWS_CRAWLERS}


def test_a_header_of_known_malware_tells_commands() -> None:
    assert texts("COM_InterProt") == {Ability.PARSES_COMMANDS}


def test_a_cookie_in_a_module_that_runs_processes_tells_commands() -> None:
    found = native("kernel32.dll", "CreateProcessW", exports=("RegisterModule",), strings=("Cookie",))
    assert found == {Ability.RUNS_PROCESSES, Ability.PARSES_COMMANDS}


def test_a_cookie_in_a_program_that_runs_processes_does_not() -> None:
    assert native("kernel32.dll", "CreateProcessW", strings=("Cookie",)) == {Ability.RUNS_PROCESSES}


def test_strings_are_shown_at_a_few_places_only() -> None:
    (capability,) = profile(None, None, (), [FoundString("COM_InterProt", offset) for offset in range(9)])
    assert [t.offset for t in capability.traces] == list(range(MAX_REPEATS))


def test_traces_are_bounded() -> None:
    strings = [FoundString(row["text"], 0) for row in rows("capability_strings")]
    assert all(len(c.traces) <= MAX_TRACES for c in profile(None, None, (), strings))


def test_abilities_come_in_the_order_of_their_list() -> None:
    strings = [FoundString(row["text"], 0) for row in rows("capability_strings")]
    found = [c.ability for c in profile(None, None, (), strings)]
    assert found == [a for a in Ability if a in found]


def test_the_order_of_traces_does_not_depend_on_the_order_of_facts() -> None:
    strings = [FoundString(row["text"], 0) for row in rows("capability_strings")]
    assert profile(None, None, (), strings) == profile(None, None, (), reversed(strings))


@pytest.mark.parametrize("table", TABLES)
def test_a_row_names_an_ability_and_a_source(table: str) -> None:
    wrong = [r for r in rows(f"capability_{table}") if r["ability"] not in Ability.__members__ or not r["source"]]
    assert wrong == []


def test_every_part_is_of_a_conjunction_and_every_conjunction_has_its_parts() -> None:
    given = {(r["ability"], r["part"]) for table in TABLES for r in rows(f"capability_{table}") if r["part"]}
    needed = {(r["ability"], r["part"]) for r in rows("capability_conjunctions")}
    assert given == {(a, p) for a, p in needed if p not in Ability.__members__}


def test_an_ability_that_another_rests_on_comes_first() -> None:
    order = list(Ability.__members__)
    rests = [(r["ability"], r["part"]) for r in rows("capability_conjunctions") if r["part"] in Ability.__members__]
    assert [pair for pair in rests if order.index(pair[1]) >= order.index(pair[0])] == []
