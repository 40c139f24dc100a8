"""Names of the evidence become Windows paths, whatever collected them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from iisight.evidence.paths import fold
from iisight.evidence.shape import recognise
from iisight.evidence.single import place

APPHOST = "Windows/System32/inetsrv/config/applicationHost.config"
CONFIG = r"C:\Windows\System32\inetsrv\config\applicationHost.config"
EXPRESS = r"C:\Users\user\Documents\IISExpress\config\applicationhost.config"


def paths_of(*names: str, context: str = "") -> list[str]:
    mount = recognise(names, context)
    return [mount.path(name) for name in names]


@pytest.mark.parametrize(
    "prefix",
    [
        "C/",
        "c/",
        "C_/",
        "C$/",
        "C:/",
        "/C:/",
        "C%3A/",
        "c%3a/",
        "uploads/auto/C%3A/",
        "uploads/ntfs/%5C%5C.%5CC%3A/",
        "HOST-2026/C/",
        "a/b/c1/d1/C/",
        "fs/c:/",
        "",
        "[root]/",
        "image/partition2/[root]/",
    ],
)
def test_drives_are_found_in_every_shape(prefix: str) -> None:
    assert paths_of(prefix + APPHOST, prefix + "websites/a/web.config") == [CONFIG, r"C:\websites\a\web.config"]


@pytest.mark.parametrize(
    ("name", "path"),
    [
        ("applicationHost.config", CONFIG),
        ("config/applicationHost.config", CONFIG),
        ("inetsrv/config/applicationHost.config", CONFIG),
        ("System32/inetsrv/config/applicationHost.config", CONFIG),
        ("case7/inetsrv/config/applicationHost.config", CONFIG),
        ("inetpub/wwwroot/web.config", r"C:\inetpub\wwwroot\web.config"),
        (
            "CFGHISTORY_0000000001/applicationHost.config",
            r"C:\inetpub\history\CFGHISTORY_0000000001\applicationHost.config",
        ),
        ("IISExpress/config/applicationhost.config", EXPRESS),
        (".vs/shop/config/applicationhost.config", EXPRESS),
        (".vs/config/applicationhost.config", EXPRESS),
        ("web.config", r"C:\inetpub\wwwroot\web.config"),
        ("shop/web.config", r"C:\inetpub\wwwroot\web.config"),
        ("bin/a.dll", r"C:\inetpub\wwwroot\bin\a.dll"),
        ("notes.txt", r"C:\evidence\notes.txt"),
        ("D/shop/page.aspx", r"D:\shop\page.aspx"),
    ],
)
def test_a_piece_of_a_server_stands_where_it_belongs(name: str, path: str) -> None:
    assert paths_of(name) == [path]


def test_folder_named_iisexpress_gives_the_place_of_its_file() -> None:
    assert paths_of("applicationhost.config", context="/x/IISExpress/config") == [EXPRESS]


def test_history_keeps_its_files_apart_from_the_current_one() -> None:
    names = ("config/applicationHost.config", "CFGHISTORY_0000000002/applicationHost.config")
    assert paths_of(*names)[1].startswith(r"C:\inetpub\history\CFGHISTORY_0000000002")


def test_configuration_and_sites_side_by_side_are_both_placed() -> None:
    names = ("case/config/applicationHost.config", "case/inetpub/wwwroot/web.config", "case/shop/web.config")
    assert paths_of(*names) == [CONFIG, r"C:\inetpub\wwwroot\web.config", r"C:\shop\web.config"]


def test_several_drives_and_a_share_stand_side_by_side() -> None:
    names = (f"h/C/{APPHOST}", "h/D/shop/web.config", "h/UNC/srv/share/web.config", "h/log.csv")
    assert paths_of(*names)[1:] == [r"D:\shop\web.config", r"\\srv\share\web.config", r"(evidence)\h\log.csv"]


def test_ways_of_reading_one_host_meet_in_one_drive() -> None:
    names = ("uploads/auto/C%3A/Users/a%2520b", f"uploads/ntfs/%5C%5C.%5CC%3A/{APPHOST}")
    assert paths_of(*names) == [r"C:\Users\a%20b", CONFIG]


def test_names_are_decoded_in_no_other_shape() -> None:
    assert paths_of("C/Windows/a%20b") == [r"C:\Windows\a%20b"]


def test_another_host_stays_outside_and_is_told() -> None:
    mount = recognise([f"one/C/{APPHOST}", "one/C/Windows/x", f"two/C/{APPHOST}"])
    assert mount.path(f"two/C/{APPHOST}").startswith("(evidence)\\two")
    assert [gap.count for gap in mount.gaps] == [1]


def test_a_planted_drive_inside_a_site_changes_nothing() -> None:
    names = ("inetpub/wwwroot/web.config", *(f"inetpub/wwwroot/C%3A/Windows/{i}" for i in range(9)))
    assert paths_of(*names)[0] == r"C:\inetpub\wwwroot\web.config"


def test_a_planted_drive_inside_an_application_changes_nothing() -> None:
    assert paths_of("web.config", "C/Windows/x")[0] == r"C:\inetpub\wwwroot\web.config"


def rivals(*names: str) -> list[str]:
    return [gap.reason for gap in recognise(names).gaps if "scan them on their own" in gap.reason]


@pytest.mark.parametrize(
    ("real", "planted"),
    [
        ("config/applicationHost.config", f"config/{APPHOST}"),
        ("config/applicationHost.config", f"config/c/{APPHOST}"),
        ("config/applicationHost.config", f"config/C%3A/{APPHOST}"),
        ("inetsrv/config/applicationHost.config", f"inetsrv/{APPHOST}"),
        ("inetsrv/config/applicationHost.config", f"inetsrv/c/{APPHOST}"),
        ("System32/inetsrv/config/applicationHost.config", f"System32/{APPHOST}"),
        ("case/config/applicationHost.config", f"case/config/{APPHOST}"),
        ("config/applicationHost.config", f"x/c/{APPHOST}"),
        ("applicationHost.config", f"x/c/{APPHOST}"),
        ("Windows/System32/inetsrv/config/applicationHost.config", "applicationHost.config"),
        ("case/Windows/System32/inetsrv/config/applicationHost.config", "case/applicationHost.config"),
        (f"C/{APPHOST}", "applicationHost.config"),
    ],
)
def test_a_planted_shape_does_not_hide_the_configuration_and_is_told(real: str, planted: str) -> None:
    for names in ((real, planted), (planted, real)):
        assert recognise(names).path(real) == CONFIG
        assert recognise(names).path(planted) != CONFIG
        assert len(rivals(*names)) == 1


@pytest.mark.parametrize(
    "copy",
    ["backup/config/applicationHost.config", "config/applicationHost.config", "x/applicationHost.config"],
)
@pytest.mark.parametrize("drive", ["", "C/"])
def test_a_copy_deeper_in_a_drive_is_no_rival_of_it(drive: str, copy: str) -> None:
    assert rivals(drive + APPHOST, drive + copy) == []


def test_the_gap_names_both_readings() -> None:
    both = "known folders of a server (in config/) and a drive (in config/) both look like the server"
    names = ("config/applicationHost.config", f"config/c/{APPHOST}", "config/c/Windows/x")
    assert rivals(*names) == [f"{both}; only the first was read: scan them on their own"]


@pytest.mark.parametrize(
    ("name", "path"),
    [
        ("C/Windows/../../x", r"C:\Windows\%2E%2E\%2E%2E\x"),
        ("C\\Windows\\x", r"C:\Windows\x"),
        ("C/Windows/a.txt:evil.dll", r"C:\Windows\a.txt%3Aevil.dll"),
        ("C/Windows/evil. ", r"C:\Windows\evil%2E%20"),
        ("C%3A/Windows/%2E%2E%5Cx", r"C:\Windows\%2E%2E%5Cx"),
        ("C%3A/Windows/a%3Aevil", r"C:\Windows\a%3Aevil"),
        ("C/Windows/a\x1b[2J", "C:\\Windows\\a\x1b[2J"),
    ],
)
def test_hostile_names_stay_below_their_drive(name: str, path: str) -> None:
    assert paths_of(name) == [path]


@given(st.lists(st.text(alphabet="Cc:%3A5.\\/ aU\u0130web.config\udc80", max_size=30), min_size=1, max_size=5))
def test_every_name_becomes_a_path_that_folds_without_moving(names: list[str]) -> None:
    for path in paths_of(*names):
        assert len(fold(path)) == len(path.rstrip("\\"))


@pytest.mark.parametrize(
    ("name", "text", "path"),
    [
        ("copy.config", "<configuration><system.applicationHost/></configuration>", CONFIG),
        (
            "a.config",
            '<configuration><sectionGroup name="system.applicationHost"/></configuration>',
            CONFIG,
        ),
        ("a.config", "<configuration><system.applicationHost/>%IIS_BIN%</configuration>", EXPRESS),
        (
            "a.config",
            "<configuration><moduleProviders/></configuration>",
            r"C:\Windows\System32\inetsrv\config\administration.config",
        ),
        (
            "a.config",
            "<configuration><configurationRedirection/></configuration>",
            r"C:\Windows\System32\inetsrv\config\redirection.config",
        ),
        (
            "a.config",
            '<configuration><configSections><sectionGroup name="system.web"/></configSections></configuration>',
            r"C:\Windows\Microsoft.NET\Framework64\v4.0.30319\CONFIG\machine.config",
        ),
        (
            "a.config",
            '<configuration><trustLevel/><httpModules><add name="OutputCache"/></httpModules></configuration>',
            r"C:\Windows\Microsoft.NET\Framework64\v4.0.30319\CONFIG\web.config",
        ),
        ("site.config", "<configuration/>", r"C:\inetpub\wwwroot\web.config"),
        ("web.config.bak", "<configuration/>", r"C:\inetpub\wwwroot\web.config"),
        ("web.configuration", "<configuration/>", r"C:\evidence\web.configuration"),
        (
            "web.Release.config",
            '<configuration xmlns:xdt="http://schemas.microsoft.com/XML-Document-Transform"/>',
            r"C:\inetpub\wwwroot\web.Release.config",
        ),
        ("a.dll", "MZ", r"C:\evidence\a.dll"),
        ("web.config", "<oops", r"C:\inetpub\wwwroot\web.config"),
        ("ApplicationHost.config", "<location><system.webServer/></location>", CONFIG),
        ("part.config", "<location><system.webServer/></location>", r"C:\inetpub\wwwroot\web.config"),
        ("x.config", "nothing", r"C:\evidence\x.config"),
    ],
)
def test_a_single_file_is_placed_by_its_content(name: str, text: str, path: str) -> None:
    assert place(name, text.encode()) == path


def test_a_single_file_in_utf_16_is_placed_by_its_content() -> None:
    assert place("a.config", "<configuration><system.applicationHost/></configuration>".encode("utf-16")) == CONFIG
