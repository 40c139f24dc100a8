"""The files of a live machine: which are listed below roots, and what is said of the others."""

import pytest

from iisight.evidence.host import HostListing, MemoryDisk
from iisight.evidence.host.windows import to_name
from iisight.evidence.source import Source
from iisight.model.coverage import GapKind
from iisight.model.errors import EvidenceError
from tests.builders.hosts import open_host

TREE: dict[str, bytes | str] = {
    "C:\\Sites\\shop\\web.config": "<configuration/>",
    "C:\\Sites\\shop\\bin\\a.dll": b"MZ",
    "C:\\Sites\\other\\web.config": "<configuration/>",
    "C:\\Users\\ann\\Documents\\IISExpress\\config\\applicationhost.config": "x",
    "C:\\Users\\bob\\notes.txt": "x",
    "C:\\Logs\\Archive-Security-1.evtx": "x",
    "C:\\Logs\\Security.evtx": "x",
}


def listed(source: Source) -> list[str]:
    return [file.path for file in source.below("")]


def reasons(source: Source) -> list[tuple[GapKind, str, str, int]]:
    return [(gap.kind, gap.subject, gap.reason, gap.count) for gap in source.gaps]


def test_a_folder_gives_all_below_it_and_no_other() -> None:
    source = open_host(MemoryDisk(TREE), "WEB1", ["C:\\Sites\\shop"])
    assert listed(source) == ["C:\\Sites\\shop\\bin\\a.dll", "C:\\Sites\\shop\\web.config"]
    assert (source.name, source.gaps) == ("WEB1", ())


def test_a_star_at_the_end_gives_the_files_of_a_folder_alone() -> None:
    assert listed(open_host(MemoryDisk(TREE), "WEB1", ["c:\\sites\\SHOP\\*"])) == ["c:\\sites\\SHOP\\web.config"]


def test_a_star_inside_stands_for_any_name() -> None:
    roots = ["C:\\Users\\*\\Documents\\IISExpress\\config", "C:\\Logs\\Archive-*.evtx", "C:\\Nowhere\\*\\x"]
    assert listed(open_host(MemoryDisk(TREE), "WEB1", roots)) == [
        "C:\\Logs\\Archive-Security-1.evtx",
        "C:\\Users\\ann\\Documents\\IISExpress\\config\\applicationhost.config",
    ]


def test_roots_inside_each_other_give_each_file_once() -> None:
    roots = ["C:\\Sites", "C:\\Sites\\shop", "C:\\sites\\shop\\*", "C:\\Sites\\shop\\web.config"]
    source = open_host(MemoryDisk(TREE), "WEB1", roots)
    assert len(listed(source)) == 3
    assert source.gaps == ()


def test_a_folder_that_was_listed_flat_is_listed_deep_when_asked_later() -> None:
    listing = HostListing(MemoryDisk(TREE), "WEB1")
    assert listing.add(["C:\\Sites\\shop\\*"])
    assert listing.add(["C:\\Sites\\shop"])
    assert not listing.add(["c:\\sites\\SHOP"])
    assert len(listed(listing.source())) == 2


def test_of_what_was_asked_for_it_is_known_that_nothing_else_is_there() -> None:
    listing = HostListing(MemoryDisk(TREE), "WEB1")
    listing.add(["C:\\Sites\\shop", "C:\\Gone\\*"])
    source = listing.source()
    assert [source.covers(f) for f in ("C:\\sites\\shop\\bin", "C:\\gone", "C:\\Sites")] == [True, True, False]


def test_a_link_below_a_root_is_not_followed() -> None:
    disk = MemoryDisk(TREE, links={"C:\\Sites\\shop\\up": "C:\\Users"})
    source = open_host(disk, "WEB1", ["C:\\Sites\\shop"])
    assert len(listed(source)) == 2
    assert reasons(source) == [(GapKind.REFUSED, "C:\\Sites\\shop\\up", "a link, not followed", 1)]


def test_a_root_that_an_administrator_made_a_junction_is_read_where_it_leads() -> None:
    disk = MemoryDisk(TREE, links={"D:\\www": "C:\\Sites"})
    source = open_host(disk, "WEB1", ["D:\\www\\shop"])
    assert listed(source) == ["D:\\www\\shop\\bin\\a.dll", "D:\\www\\shop\\web.config"]
    file = source.find("D:\\www\\shop\\bin\\a.dll")
    assert file is not None
    assert (file.origin, source.read(file)) == ("C:\\Sites\\shop\\bin\\a.dll", b"MZ")


def test_links_in_a_ring_end() -> None:
    disk = MemoryDisk({}, links={"C:\\a": "C:\\b", "C:\\b": "C:\\a"})
    assert reasons(open_host(disk, "WEB1", ["C:\\a"])) == [
        (GapKind.REFUSED, "C:\\a", "more than 16 links on the way to it", 1)
    ]


@pytest.mark.parametrize("root", ["\\\\files\\sites", "C:\\share\\shop"])
def test_another_computer_is_not_asked(root: str) -> None:
    disk = MemoryDisk(TREE, links={"C:\\share": "\\\\files\\sites"})
    (gap,) = open_host(disk, "WEB1", [root]).gaps
    assert (gap.kind, gap.subject) == (GapKind.REFUSED, root)
    assert gap.reason == "on another computer: not opened, for that would hand it this account's credentials"


@pytest.mark.parametrize("root", ["sites", "\\\\.\\pipe\\x", "C:\\a:stream", "%HOME%\\x"])
def test_what_is_no_folder_is_refused(root: str) -> None:
    (gap,) = open_host(MemoryDisk(TREE), "WEB1", [root]).gaps
    assert (gap.kind, gap.subject) == (GapKind.REFUSED, root)


def test_what_an_administrator_may_not_read_is_a_gap_each_kind() -> None:
    disk = MemoryDisk(TREE, denied=["C:\\Sites\\shop\\bin", "C:\\Sites\\other", "C:\\Sites\\shop\\web.config"])
    source = open_host(disk, "WEB1", ["C:\\Sites"])
    assert reasons(source) == [(GapKind.UNREADABLE, "C:\\Sites\\shop\\bin", "access denied", 2)]
    file = source.find("C:\\Sites\\shop\\web.config")
    assert file is not None
    with pytest.raises(EvidenceError, match="access denied"):
        source.read(file)


def test_without_the_rights_one_statement_says_so() -> None:
    disk = MemoryDisk(TREE, denied=["C:\\Sites\\shop\\bin"])
    source = open_host(disk, "WEB1", ["C:\\Sites"], is_administrator=False)
    whole = "what only administrators may read, such as other accounts' processes, is not known"
    assert [(gap.subject, gap.reason) for gap in source.gaps] == [
        ("C:\\Sites\\shop\\bin", "access denied: not run as an administrator"),
        ("WEB1", f"not run as an administrator: {whole}"),
    ]


@pytest.mark.parametrize(
    ("path", "native", "redirected"),
    [
        (
            "C:\\Windows\\System32\\inetsrv",
            "\\\\?\\C:\\Windows\\System32\\inetsrv",
            "\\\\?\\C:\\Windows\\Sysnative\\inetsrv",
        ),
        ("c:\\windows\\system32", "\\\\?\\c:\\windows\\system32", "\\\\?\\c:\\windows\\Sysnative"),
        ("C:\\Windows\\System32x", "\\\\?\\C:\\Windows\\System32x", "\\\\?\\C:\\Windows\\System32x"),
        ("C:\\Windows\\SysWOW64\\x", "\\\\?\\C:\\Windows\\SysWOW64\\x", "\\\\?\\C:\\Windows\\SysWOW64\\x"),
        ("D:", "\\\\?\\D:\\", "\\\\?\\D:\\"),
        ("\\\\?\\Volume{1}", "\\\\?\\Volume{1}\\", "\\\\?\\Volume{1}\\"),
    ],
)
def test_names_for_the_system_are_long_and_mean_the_real_system32(path: str, native: str, redirected: str) -> None:
    assert (to_name(path, is_redirected=False), to_name(path, is_redirected=True)) == (native, redirected)
