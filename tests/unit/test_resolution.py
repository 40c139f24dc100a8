"""The configuration in force: inheritance, merge, locks (docs/design/resolution.md names the source of each)."""

import pytest

from iisight.evidence.memory import memory_source
from iisight.inventory.collect import resolve
from iisight.model.config import Fate
from tests.builders.servers import ROOT, apphost, files, location, names, resolved, state, web_config

AB_ROWS = '<add name="A" lockItem="false" /><add name="B" />'
AB = f"<modules>{AB_ROWS}</modules>"


def test_an_application_inherits_the_modules_of_the_server() -> None:
    assert names(resolved(apphost(AB)), "S/app") == ["A", "B"]


def test_a_web_config_appends_to_modules() -> None:
    server = resolved(apphost(AB), {"": web_config('<modules><add name="C" type="T" /></modules>')})
    assert names(server, "S") == ["A", "B", "C"]


def test_a_web_config_puts_its_handlers_in_front_in_their_own_order() -> None:
    host = apphost('<handlers><add name="A" path="*" verb="*" /></handlers>')
    own = '<handlers><add name="C" path="*.c" verb="*" /><add name="D" path="*.d" verb="*" /></handlers>'
    assert names(resolved(host, {"": web_config(own)}), "S", "system.webServer/handlers") == ["C", "D", "A"]


def test_a_removed_module_is_gone_below_and_stays_above() -> None:
    server = resolved(apphost(AB), {"app": web_config('<modules><remove name="A" /></modules>')})
    assert names(server, "S/app/deep") == ["B"]
    assert names(server, "S") == ["A", "B"]


def test_remove_after_add_in_one_file_disables_the_entry() -> None:
    own = '<modules><add name="C" type="T" /><remove name="C" /></modules>'
    assert names(resolved(apphost(AB), {"": web_config(own)}), "S") == ["A", "B"]


def test_remove_of_a_name_that_is_not_there_is_tolerated() -> None:
    server = resolved(apphost(AB), {"": web_config('<modules><remove name="Z" /></modules>')})
    assert state(server, "S", "system.webServer/modules").usable


def test_clear_forgets_what_was_inherited() -> None:
    server = resolved(apphost(AB), {"": web_config('<modules><clear /><add name="C" type="T" /></modules>')})
    assert names(server, "S") == ["C"]


def test_a_dropped_entry_names_what_dropped_it() -> None:
    server = resolved(apphost(AB), {"": web_config('<modules>\n<remove name="A" />\n</modules>')})
    dropped = state(server, "S", "system.webServer/modules").dropped[0]
    assert (dropped.fate, dropped.by and dropped.by.line) == (Fate.REMOVED, 2)


def test_a_duplicate_key_makes_the_section_unusable_and_adds_nothing() -> None:
    own = '<modules><add name="New" type="T" /><add name="A" type="T" /></modules>'
    found = state(resolved(apphost(AB), {"": web_config(own)}), "S", "system.webServer/modules")
    assert [p.code for p in found.problems] == ["duplicate-key"]
    assert [(d.entry.element.get("name"), d.fate) for d in found.dropped] == [("New", Fate.INERT), ("A", Fate.INERT)]


def test_module_names_are_case_sensitive() -> None:
    server = resolved(apphost(AB), {"": web_config('<modules><add name="a" type="T" /></modules>')})
    assert names(server, "S") == ["A", "B", "a"]


def test_lock_item_forbids_remove() -> None:
    host = apphost('<modules><add name="A" lockItem="true" /></modules>')
    found = state(
        resolved(host, {"": web_config('<modules><remove name="A" /></modules>')}), "S", "system.webServer/modules"
    )
    assert [p.code for p in found.problems] == ["locked-item"]


def test_lock_item_forbids_clear() -> None:
    host = apphost('<modules><add name="A" lockItem="true" /></modules>')
    found = state(resolved(host, {"": web_config("<modules><clear /></modules>")}), "S", "system.webServer/modules")
    assert [p.code for p in found.problems] == ["locked-item"]


def test_a_denied_section_may_not_be_set_below() -> None:
    own = {"": web_config('<modules><add name="C" type="T" /></modules>')}
    found = state(resolved(apphost(AB, modules="Deny"), own), "S", "system.webServer/modules")
    assert [p.code for p in found.problems] == ["locked"]
    assert [d.fate for d in found.dropped] == [Fate.LOCKED_OUT]


def test_a_location_unlocks_a_denied_section() -> None:
    unlock = location("", AB_ROWS, 'overrideMode="Allow"')
    server = resolved(
        apphost(rest=unlock, modules="Deny"), {"": web_config('<modules><add name="C" type="T" /></modules>')}
    )
    assert names(server, "S") == ["A", "B", "C"]


def test_allow_override_is_the_older_spelling_of_override_mode() -> None:
    unlock = location(".", AB_ROWS, 'allowOverride="true"')
    server = resolved(
        apphost(rest=unlock, modules="Deny"), {"": web_config('<modules><add name="C" type="T" /></modules>')}
    )
    assert "C" in names(server, "S")


def test_only_the_level_that_locked_may_unlock() -> None:
    own = (
        '<location path="" overrideMode="Allow"><system.webServer><modules><add name="C" type="T" />'
        "</modules></system.webServer></location>"
    )
    server = resolved(apphost(AB, modules="Deny"), {"": f"<configuration>{own}</configuration>"})
    assert names(server, "S") == ["A", "B"]


def test_a_location_of_the_host_applies_before_the_web_config() -> None:
    server = resolved(
        apphost(AB, location("S", '<add name="L" type="T" />')),
        {"": web_config('<modules><remove name="L" /></modules>')},
    )
    assert names(server, "S") == ["A", "B"]


def test_location_paths_ignore_case() -> None:
    location = (
        '<location path="s/APP"><system.webServer><modules><remove name="A" /></modules></system.webServer></location>'
    )
    assert names(resolved(apphost(AB, location)), "S/app") == ["B"]


def test_a_location_of_a_web_config_speaks_for_a_folder_below() -> None:
    location = (
        '<location path="app"><system.webServer><modules><remove name="A" /></modules></system.webServer></location>'
    )
    server = resolved(apphost(AB), {"": f"<configuration>{location}</configuration>"})
    assert (names(server, "S"), names(server, "S/app")) == (["A", "B"], ["B"])


def test_inherit_in_child_applications_false_withholds_from_child_applications_alone() -> None:
    own = (
        '<configuration><location path="." inheritInChildApplications="false"><system.webServer><modules>'
        '<add name="C" type="T" /></modules></system.webServer></location></configuration>'
    )
    server = resolved(apphost(AB), {"": own})
    assert (names(server, "S"), names(server, "S/folder"), names(server, "S/app")) == (
        ["A", "B", "C"],
        ["A", "B", "C"],
        ["A", "B"],
    )


def test_allow_sub_dir_config_false_leaves_folders_unread() -> None:
    sites = (
        '<site name="S" id="1"><application path="/"><virtualDirectory path="/" allowSubDirConfig="false" '
        'physicalPath="C:\\inetpub\\wwwroot" /></application></site>'
    )
    server = resolved(apphost(AB, sites=sites), {"sub": web_config('<modules><remove name="A" /></modules>')})
    assert names(server, "S/sub") == ["A", "B"]


def test_enable_configuration_override_false_ignores_every_web_config_of_the_pool() -> None:
    pools = '<add name="P64" enableConfigurationOverride="false" /><add name="P32" />'
    own = {"": web_config('<modules><remove name="A" /></modules>')}
    assert names(resolved(apphost(AB, pools=pools), own), "S") == ["A", "B"]


def test_pool_defaults_fill_what_a_pool_leaves_open() -> None:
    pools = '<add name="P64" /><applicationPoolDefaults enable32BitAppOnWin64="true" managedPipelineMode="Classic" />'
    pool = resolved(apphost(AB, pools=pools)).pools["p64"]
    assert (pool.bits, pool.integrated) == (32, False)


def test_an_attribute_of_the_nearest_level_wins() -> None:
    host = apphost('<httpLogging dontLog="false" />')
    location = '<location path="S/app"><system.webServer><httpLogging dontLog="true" /></system.webServer></location>'
    server = resolved(host.replace("</configuration>", f"{location}</configuration>"))
    section = "system.webServer/httpLogging"
    assert (state(server, "S", section).value("dontLog"), state(server, "S/app", section).value("dontLog")) == (
        "false",
        "true",
    )


def test_setting_a_locked_attribute_is_an_error_even_with_the_same_value() -> None:
    host = apphost('<defaultDocument enabled="true" lockAttributes="enabled" />')
    own = {"": web_config('<defaultDocument enabled="true" />')}
    found = state(resolved(host, own), "S", "system.webServer/defaultDocument")
    assert [p.code for p in found.problems] == ["locked-attribute"]


def test_lock_elements_forbids_clear() -> None:
    host = apphost('<modules lockElements="clear"><add name="A" /></modules>')
    found = state(resolved(host, {"": web_config("<modules><clear /></modules>")}), "S", "system.webServer/modules")
    assert [p.code for p in found.problems] == ["locked-element"]


def test_a_section_of_the_host_alone_may_not_stand_in_a_web_config() -> None:
    own = {"": web_config('<globalModules><add name="X" image="x.dll" /></globalModules>')}
    found = state(resolved(apphost(AB), own), "S", "system.webServer/globalModules")
    assert not found.usable


def test_a_malformed_web_config_takes_its_sections_out_of_service() -> None:
    own = {"": '<configuration><system.webServer><modules><add name="C" type="T" ></modules></configuration>'}
    found = state(resolved(apphost(AB), own), "S", "system.webServer/modules")
    assert [p.code for p in found.problems] == ["malformed"]


@pytest.mark.parametrize(
    "included",
    [
        '<modules><add name="C" type="T" /></modules>',
        web_config('<modules><add name="C" type="T" /></modules>'),
    ],
    ids=["section alone", "whole tree"],
)
def test_config_source_is_read_in_both_shapes(included: str) -> None:
    own = web_config('<modules configSource="parts\\modules.config" />')
    evidence = files(apphost(AB), {"": own}) | {f"{ROOT}\\parts\\modules.config": included}
    assert names(resolve(memory_source(evidence)).servers[0], "S") == ["A", "B", "C"]


def test_the_web_config_of_a_shared_folder_speaks_for_both_sites() -> None:
    sites = "".join(
        f'<site name="{n}" id="{n}"><application path="/">'
        f'<virtualDirectory path="/" physicalPath="{ROOT}" /></application></site>'
        for n in (1, 2)
    )
    server = resolved(apphost(AB, sites=sites), {"": web_config('<modules><remove name="A" /></modules>')})
    assert (names(server, "1"), names(server, "2")) == (["B"], ["B"])


def test_machine_config_comes_before_root_web_config_comes_before_the_application() -> None:
    folder = "C:\\Windows\\Microsoft.NET\\Framework64\\v4.0.30319\\CONFIG"
    own = "<configuration><system.web><httpModules><add name='C' type='T'/></httpModules></system.web></configuration>"
    evidence = files(apphost(AB), {"": own}) | {
        f"{folder}\\machine.config": own.replace("'C'", "'M'"),
        f"{folder}\\web.config": own.replace("'C'", "'W'"),
    }
    assert names(resolve(memory_source(evidence)).servers[0], "S", "system.web/httpModules") == ["M", "W", "C"]


def test_redirection_is_followed_first() -> None:
    redirection = '<configuration><configurationRedirection enabled="true" path="\\\\nas\\iis" /></configuration>'
    evidence = files(apphost(AB)) | {
        "C:\\Windows\\System32\\inetsrv\\config\\redirection.config": redirection,
        "\\\\nas\\iis\\applicationHost.config": apphost('<modules><add name="N" /></modules>'),
    }
    inventory = resolve(memory_source(evidence))
    assert names(inventory.servers[0], "S") == ["N"]


def test_machine_config_cannot_make_a_section_of_what_iis_takes_for_a_group() -> None:
    ignored = (
        '<configuration><configSections><section name="system.webServer" type="X" /></configSections></configuration>'
    )
    folder = "C:\\Windows\\Microsoft.NET\\Framework64\\v4.0.30319\\CONFIG"
    evidence = files(apphost(AB)) | {f"{folder}\\machine.config": ignored}
    assert names(resolve(memory_source(evidence)).servers[0], "S") == ["A", "B"]


def test_a_web_config_cannot_hide_its_sections_behind_a_declaration() -> None:
    declared = '<configSections><section name="system.webServer" type="X" /></configSections>'
    own = web_config('<modules><add name="C" type="T" /></modules>').replace(
        "<configuration>", f"<configuration>{declared}"
    )
    assert names(resolved(apphost(AB), {"": own}), "S") == ["A", "B", "C"]


def test_a_key_that_is_not_written_counts_as_its_default() -> None:
    host = apphost('<httpErrors><error statusCode="404" path="a.htm" /></httpErrors>')
    own = (
        '<httpErrors><remove statusCode="404" subStatusCode="-1" /><error statusCode="404" path="b.htm" /></httpErrors>'
    )
    found = state(resolved(host, {"": web_config(own)}), "S", "system.webServer/httpErrors")
    assert [e.element.get("path") for e in found.entries] == ["b.htm"]
