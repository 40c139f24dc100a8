"""Security descriptors: every form of them, who is who, and what a list comes to."""

import struct

import pytest

from iisight.model.acl import CHANGES, FILE_ALL, WRITE_DATA, AceKind, Acl, Trustee, granted
from iisight.model.coverage import Gap, GapKind
from iisight.model.errors import ParseError
from iisight.model.locator import Locator
from iisight.parsers.acl import parse_acls, parse_sddl
from iisight.parsers.acl.descriptor import parse_descriptor
from iisight.parsers.acl.trustees import Standing, by_name, by_sid, pool_account, standing

PLACE = Locator("acls.csv")
USERS, EVERYONE = Trustee("S-1-5-32-545"), Trustee("S-1-1-0")
INETSRV = r"C:\Windows\System32\inetsrv"


def sddl(text: str) -> Acl:
    return parse_sddl(text, r"C:\x", PLACE)


def read(data: str | bytes) -> list[Acl | Gap]:
    return list(parse_acls(data.encode() if isinstance(data, str) else data, PLACE))


def one(data: str | bytes) -> Acl:
    [found] = read(data)
    assert isinstance(found, Acl)
    return found


def test_a_descriptor_has_its_owner_its_entries_and_what_is_audited() -> None:
    acl = sddl("O:BAG:SYD:PAI(A;OICI;FA;;;BA)(D;IO;0x2;;;WD)S:AI(AU;OICISAFA;DCWD;;;WD)")

    assert str(acl.owner) == r"BUILTIN\Administrators"
    assert [(a.kind, a.trustee.sid, a.mask, a.inherit_only) for a in acl.aces or ()] == [
        (AceKind.ALLOW, "S-1-5-32-544", FILE_ALL, False),
        (AceKind.DENY, "S-1-1-0", 2, True),
    ]
    [audit] = acl.audits or ()
    assert (audit.on_success, audit.on_failure, audit.mask) == (True, True, 0x4_0002)


def test_a_part_that_is_not_said_is_not_known() -> None:
    acl = sddl("D:(A;;FA;;;BA)")

    assert (acl.owner, acl.audits) == (None, None)
    assert sddl("O:BAS:").aces is None


def test_a_null_list_lets_everybody_do_anything() -> None:
    assert granted(sddl("O:BAD:NO_ACCESS_CONTROL"), [USERS]) == FILE_ALL


def test_conditions_with_parentheses_in_quotes_do_not_shift_the_parts() -> None:
    acl = sddl('O:BAD:(XA;;FX;;;WD;(@User.a == "x) D:(A;;FA;;;WD"))(A;;FR;;;BU)')

    assert [(a.trustee.sid, a.conditional) for a in acl.aces or ()] == [("S-1-1-0", True), ("S-1-5-32-545", False)]
    assert granted(acl, [EVERYONE]) == 0


@pytest.mark.parametrize("text", ["", "nonsense", "D:(A;;FA;;;BA", "O:BAO:SY", "x O:BA", "(A;;FA;;;BA)"])
def test_what_is_no_descriptor_is_an_error(text: str) -> None:
    with pytest.raises(ParseError):
        sddl(text)


@pytest.mark.parametrize("entry", ["A;;QQ;;;BA", "A;ZZ;FA;;;BA", "A;;FA;;;NOBODY", "A;;FA", "A;;F;;;BA"])
def test_an_entry_that_cannot_be_read_is_a_doubt(entry: str) -> None:
    acl = sddl(f"D:({entry})(A;;FR;;;BU)")

    assert acl.doubts == (f"entry '{entry}'",)
    assert len(acl.aces or ()) == 1


@pytest.mark.parametrize(
    ("text", "inside", "outside"),
    [
        ("D:(A;;0x2;;;BU)", 0, 2),
        ("D:(A;OI;0x2;;;BU)", 2, 2),
        ("D:(A;OIIO;0x2;;;BU)", 2, 0),
        ("D:(D;;0x2;;;BU)(A;;0x6;;;BU)", 0, 4),
        ("D:(A;;0x6;;;BU)(D;;0x2;;;BU)", 0, 6),
        ("D:(D;;0x2;;;WD)(A;;0x2;;;BU)", 0, 0),
        ("D:(A;;GW;;;BU)", 0, 0x12_0116),
    ],
)
def test_entries_count_in_their_order(text: str, inside: int, outside: int) -> None:
    acl = sddl(text)

    assert granted(acl, [USERS, EVERYONE]) == outside
    assert granted(acl, [USERS, EVERYONE], inside=True) == inside


def test_a_table_of_get_acl_is_read_with_the_names_of_its_provider() -> None:
    text = (
        '#TYPE Selected.System.Security\r\n"Path","Owner","Sddl"\r\n'
        f'"Microsoft.PowerShell.Core\\FileSystem::{INETSRV}","x","O:BAD:(A;;FA;;;BA)"\r\n'
        '"Microsoft.PowerShell.Core\\Registry::HKEY_LOCAL_MACHINE\\SOFTWARE\\Microsoft","x","O:BAD:(A;;KA;;;BA)"\r\n'
    )

    assert [a.path for a in read(text) if isinstance(a, Acl)] == [INETSRV, r"HKLM\SOFTWARE\Microsoft"]


def test_a_table_that_asked_for_sacls_says_that_there_is_none() -> None:
    text = "Path,Sddl,Sacl\nC:\\a,O:BAD:(A;;FA;;;BA),true\nC:\\b,O:BAD:(A;;FA;;;BA),false\n"

    assert [a.audits for a in read(text) if isinstance(a, Acl)] == [(), None]


def test_a_row_that_cannot_be_read_is_a_gap_with_its_line() -> None:
    gaps = [g for g in read("Path,Sddl\nC:\\a,nonsense\nC:\\b\n") if isinstance(g, Gap)]

    assert [(g.kind, g.subject) for g in gaps] == [
        (GapKind.MALFORMED, "acls.csv:2"),
        (GapKind.MALFORMED, "acls.csv:3"),
    ]


def test_what_icacls_prints_is_read_by_its_indent() -> None:
    text = (
        "C:\\Program Files\\a b NT SERVICE\\TrustedInstaller:(I)(F)\n"
        "                     BUILTIN\\Users:(I)(OI)(CI)(RX)\n"
        "                     CONTOSO\\Web Team:(OI)(CI)(IO)(M)\n"
        "                     Everyone:(DENY)(W,D)\n"
        "                     Mandatory Label\\High Mandatory Level:(OI)(CI)(NW)\n"
        "\n"
        "Successfully processed 1 files; Failed processing 0 files\n"
    )
    acl = one(text)

    assert (acl.path, acl.owner, acl.audits, acl.doubts) == (r"C:\Program Files\a b", None, None, ())
    assert [(str(a.trustee), a.kind, a.inherit_only) for a in acl.aces or ()] == [
        (r"NT SERVICE\TrustedInstaller", AceKind.ALLOW, False),
        (r"BUILTIN\Users", AceKind.ALLOW, False),
        (r"CONTOSO\Web Team", AceKind.ALLOW, True),
        ("Everyone", AceKind.DENY, False),
    ]


def test_a_single_entry_behind_a_path_with_spaces_is_found_by_its_account() -> None:
    acl = one("C:\\My Web Site BUILTIN\\Users:(M)\n")

    assert acl.path == r"C:\My Web Site"
    assert granted(acl, [USERS]) & WRITE_DATA


def test_a_single_entry_that_can_be_split_in_two_ways_is_a_doubt() -> None:
    acl = one("C:\\My Web Site CONTOSO\\Web Team:(M)\n")

    assert acl.doubts


def test_what_icacls_saves_is_put_below_its_folder() -> None:
    text = "inetsrv\r\nD:PAI(A;;FA;;;BA)\r\ninetsrv\\config\r\nD:(A;;FA;;;BU)\r\nelsewhere\r\nD:(A;;FA;;;BU)\r\n"
    found = read(text.encode("utf-16-le"))

    assert [a.path for a in found if isinstance(a, Acl)] == [INETSRV, rf"{INETSRV}\config"]
    assert [g.subject for g in found if isinstance(g, Gap)] == ["elsewhere"]


def test_virtual_accounts_have_the_sids_of_windows() -> None:
    installer = "S-1-5-80-956008885-3418522649-1831038044-1853292631-2271478464"

    assert pool_account("DefaultAppPool").sid == ("S-1-5-82-3006700770-424185619-1745488364-794895919-4004696415")
    assert by_name("IIS AppPool\\defaultapppool").sid == pool_account("DefaultAppPool").sid
    assert by_name("NT SERVICE\\TRUSTEDINSTALLER").sid == installer


@pytest.mark.parametrize(
    ("who", "expected"),
    [
        ("S-1-5-32-544", Standing.ADMINISTRATOR),
        ("S-1-5-18", Standing.ADMINISTRATOR),
        ("S-1-5-80-1-2-3-4-5", Standing.ADMINISTRATOR),
        ("S-1-5-21-1-2-3-512", Standing.ADMINISTRATOR),
        ("S-1-5-21-1-2-3-513", Standing.ORDINARY),
        ("S-1-5-82-1-2-3-4-5", Standing.ORDINARY),
        ("S-1-5-11", Standing.ORDINARY),
        ("S-1-3-0", Standing.PLACEHOLDER),
        ("S-1-5-21-1-2-3-1001", Standing.UNKNOWN),
    ],
)
def test_a_sid_tells_whether_somebody_is_an_administrator(who: str, expected: Standing) -> None:
    assert standing(by_sid(who) or Trustee()) is expected


@pytest.mark.parametrize("name", ["CONTOSO\\Administrators", "VORDEFINIERT\\Administratoren", "Administrator", ""])
def test_a_name_that_anybody_may_have_tells_nothing(name: str) -> None:
    assert standing(by_name(name)) is Standing.UNKNOWN


def descriptor(dacl: bytes, *, control: int = 0x8004, sacl: bytes = b"") -> bytes:
    owner = struct.pack("<BB", 1, 2) + (5).to_bytes(6, "big") + struct.pack("<II", 32, 544)
    at = 20 + len(owner)
    head = struct.pack("<BBH4I", 1, 0, control, 20, 0, at + len(dacl) if sacl else 0, at if dacl else 0)
    return head + owner + dacl + sacl


def entries(*masks: int, type_: int = 0) -> bytes:
    sid = struct.pack("<BB", 1, 2) + (5).to_bytes(6, "big") + struct.pack("<II", 32, 545)
    body = b"".join(struct.pack("<BBHI", type_, 0x43, 8 + len(sid), mask) + sid for mask in masks)
    return struct.pack("<BBHHH", 2, 0, 8 + len(body), len(masks), 0) + body


def test_a_descriptor_of_ntfs_is_read_as_its_text_would_be() -> None:
    data = descriptor(entries(0x1301BF, 0x4000_0000), control=0x8014, sacl=entries(2, type_=2))
    acl = parse_descriptor(data, "C:\\x", PLACE)

    assert str(acl.owner) == r"BUILTIN\Administrators"
    assert granted(acl, [USERS]) & CHANGES
    assert [(a.kind, a.on_success, a.to_files) for a in acl.audits or ()] == [(AceKind.AUDIT, True, True)]


def test_a_descriptor_without_a_list_is_open_and_audits_nothing() -> None:
    acl = parse_descriptor(descriptor(b"", control=0x8000), "C:\\x", PLACE)

    assert (acl.is_open, acl.audits) == (True, ())


def test_a_descriptor_that_is_cut_is_a_doubt() -> None:
    assert parse_descriptor(descriptor(entries(2, 4))[:-4], "C:\\x", PLACE).doubts
