"""Fuzz target of the readers of security descriptors; any coverage-guided runner can call `fuzz_one`."""

from contextlib import suppress

from iisight.model.acl import FILE_ALL, Acl, Trustee, granted
from iisight.model.errors import ParseError
from iisight.model.locator import Locator
from iisight.parsers.acl import parse_acls
from iisight.parsers.acl.descriptor import parse_descriptor

_PLACE = Locator("fuzz")
_WHO = (Trustee("S-1-1-0"), Trustee("S-1-5-32-545"))


def fuzz_one(data: bytes) -> None:
    """Read the bytes as an export and as a descriptor; only ParseError may come of the second."""
    found = [read for read in parse_acls(data, _PLACE) if isinstance(read, Acl)]
    with suppress(ParseError):
        found.append(parse_descriptor(data, "C:\\x", _PLACE))
    for acl in found:
        assert granted(acl, _WHO) >= 0
        assert granted(acl, _WHO, inside=True) <= max(0xFFFF_FFFF, FILE_ALL)


def seeds() -> list[bytes]:
    """Return one export of each form, and a descriptor of NTFS."""
    table = (
        'Path,Sddl,Sacl\n"C:\\a b","O:BAD:PAI(A;OICI;FA;;;BA)(XA;;FX;;;WD;(@User.a == ""x""))S:(AU;SA;FA;;;WD)",true\n'
    )
    printed = "C:\\a b NT SERVICE\\TrustedInstaller:(I)(F)\n       BUILTIN\\Users:(OI)(CI)(RX,W)\n\n"
    saved = "inetsrv\r\nD:PAI(A;;FA;;;BA)\r\n".encode("utf-16-le")
    sid = b"\1\2\0\0\0\0\0\5" + (32).to_bytes(4, "little") + (545).to_bytes(4, "little")
    entry = b"\0\3\x18\0\xff\1\x1f\0" + sid
    binary = b"\1\0\4\x80\x14\0\0\0" + b"\0" * 8 + b"\x24\0\0\0" + sid + b"\2\0\x20\0\1\0\0\0" + entry
    return [table.encode(), printed.encode(), saved, b"C:\\x\tO:SYD:(D;IO;0x2;;;S-1-5-21-1-2-3-4)\n", binary]


def tokens() -> list[bytes]:
    """Return pieces that mean something in a list of rights."""
    return [b"O:", b"D:", b"S:", b"(A;;FA;;;WD)", b"(AU;SA;", b"S-1-5-", b":(OI)(F)", b"NO_ACCESS_CONTROL", b'"', b"\t"]
