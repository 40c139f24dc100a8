"""Machine code that asks IIS to be called, as compilers write it, and has nothing to be called.

The factory that it hands over is no object: a module made of this is told apart by what it asks for, and IIS
would refuse it.
"""

import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache

from iisight.catalogue import tables

_FLAGS_AT = 0x10C  # HTTP_FILTER_VERSION.dwFlags (httpfilt.h)
_REQUEST, _GLOBAL, _REQUEST_PRIORITY, _GLOBAL_PRIORITY = 2, 3, 4, 5  # slots of IHttpModuleRegistrationInfo (httpserv.h)


@dataclass(frozen=True, slots=True)
class Masks:
    """What a file asks for, as numbers."""

    request: int = 0
    post: int = 0
    globals_: int = 0
    flags: int = 0


def read_masks(notifications: Sequence[str], priority: str) -> Masks:
    """Read `RQ_…`, `post RQ_…`, `GL_…` and `SF_NOTIFY_…`; the priority of a filter is part of its flags."""
    request = post = everywhere = flags = 0
    for text in notifications:
        after, _, name = text.rpartition(" ")
        bit = _bits().get(name)
        if bit is None or after not in ("", "post") or (after and not name.startswith("RQ_")):
            raise ValueError(f"unknown notification {text!r}")
        if name.startswith("RQ_"):
            request, post = (request, post | bit) if after else (request | bit, post)
        elif name.startswith("GL_"):
            everywhere |= bit
        else:
            flags |= bit
    if flags and priority:
        flags |= _orders().get(priority, 0)
    return Masks(request, post, everywhere, flags)


def code_of(machine: str, masks: Masks, priority: str) -> Mapping[str, bytes]:
    """Return the code of each exported function that asks for something."""
    found: dict[str, bytes] = {}
    if machine not in ("x86", "x64"):
        return found
    if masks.request or masks.post or masks.globals_:
        module = register_module(
            machine, request=masks.request, post=masks.post, globals_=masks.globals_, priority=priority
        )
        found["RegisterModule"] = module
    if masks.flags:
        found["GetFilterVersion"] = get_filter_version(machine, masks.flags)
    return found


def register_module(machine: str, *, request: int = 0, post: int = 0, globals_: int = 0, priority: str = "") -> bytes:
    """Return a RegisterModule that makes the calls and returns zero; the priority is that of all it asks for."""
    calls = [(_REQUEST, (0, request, post)), (_GLOBAL, (0, globals_))]
    calls = [(slot, arguments) for slot, arguments in calls if any(arguments)]
    if priority:
        texts = ((_REQUEST_PRIORITY, request | post), (_GLOBAL_PRIORITY, globals_))
        calls += [(slot, (mask,)) for slot, mask in texts if mask]
    write = _x64 if machine == "x64" else _x86
    return write(calls, (priority + "\0").encode("utf-16-le"))


def get_filter_version(machine: str, flags: int) -> bytes:
    """Return a GetFilterVersion that writes dwFlags and returns TRUE."""
    if machine == "x64":
        return b"\xc7\x81" + struct.pack("<II", _FLAGS_AT, flags) + bytes.fromhex("b801000000c3")
    start = bytes.fromhex("8b442404c780")  # mov eax, [esp+4]; mov dword ptr [eax+…], …
    return start + struct.pack("<II", _FLAGS_AT, flags) + bytes.fromhex("b801000000c20400")


def _x64(calls: list[tuple[int, tuple[int, ...]]], text: bytes) -> bytes:
    """Return the calls with arguments in registers."""
    code = bytearray.fromhex("534883ec204889d3")  # push rbx; sub rsp, 32; mov rbx, rdx
    texts = []
    for slot, arguments in calls:
        code += bytes.fromhex("488b034889d9")  # mov rax, [rbx]; mov rcx, rbx
        if len(arguments) == 1:
            code += b"\xba" + struct.pack("<I", arguments[0]) + b"\x4c\x8d\x05" + bytes(4)  # mov edx, …; lea r8, …
            texts.append(len(code))
        else:
            code += b"\x31\xd2\x41\xb8" + struct.pack("<I", arguments[1])  # xor edx, edx; mov r8d, …
            code += b"".join(b"\x41\xb9" + struct.pack("<I", post) for post in arguments[2:])  # mov r9d, …
        code += bytes((0xFF, 0x50, 8 * slot))  # call [rax+…]
    code += bytes.fromhex("4883c4205b31c0c3")  # add rsp, 32; pop rbx; xor eax, eax; ret
    code += bytes(len(code) % 2)
    for place in texts:
        code[place - 4 : place] = struct.pack("<i", len(code) - place)
    return bytes(code + text)


def _x86(calls: list[tuple[int, tuple[int, ...]]], text: bytes) -> bytes:
    """Return the calls with arguments on the stack and `this` in ecx."""
    code = bytearray.fromhex("568b74240c")  # push esi; mov esi, [esp+12]
    texts = []
    for slot, arguments in calls:
        if len(arguments) == 1:
            code += bytes.fromhex("e80000000058")  # call its own end; pop eax
            here = len(code) - 1
            code += b"\x05" + bytes(4) + b"\x50"  # add eax, …; push eax
            texts.append((len(code) - 5, here))
        code += b"".join(b"\x68" + struct.pack("<I", argument) for argument in reversed(arguments))
        code += bytes.fromhex("8b0689f1") + bytes((0xFF, 0x50, 4 * slot))  # mov eax, [esi]; mov ecx, esi; call
    code += bytes.fromhex("31c05ec20c00")  # xor eax, eax; pop esi; ret 12
    code += bytes(len(code) % 2)
    for place, here in texts:
        code[place : place + 4] = struct.pack("<i", len(code) - here)
    return bytes(code + text)


@cache
def _bits() -> Mapping[str, int]:
    """Return every notification by name."""
    rows = tables.rows("notifications")
    return {row["name"]: int(row["value"], 0) for row in rows if row["api"] != "filter order"}


@cache
def _orders() -> Mapping[str, int]:
    """Return the priorities of filters by name."""
    return {row["name"]: int(row["value"], 0) for row in tables.rows("notifications") if row["api"] == "filter order"}
