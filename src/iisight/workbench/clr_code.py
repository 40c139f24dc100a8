"""Methods of a built assembly. Handlers return at once; calls stand behind a `ret`, where nothing ever runs them."""

import struct
from collections.abc import Sequence

from iisight.parsers.pe.clr import schema
from iisight.workbench.clr_draft import Draft, coded, token
from iisight.workbench.pe_layout import Region
from iisight.workbench.pe_spec import PeSpec

_PUBLIC_VIRTUAL, _PRIVATE, _PRIVATE_STATIC, _NATIVE_IMPORT = 0x01C6, 0x0081, 0x0091, 0x2091  # II.23.1.10
_PRESERVE_SIGNATURE = 0x80  # II.23.1.11
_APPLICATION = "System.Web.HttpApplication"
_LDARG_0, _LDARG_1, _LDNULL, _POP, _RET = b"\x02", b"\x03", b"\x14", b"\x26", b"\x2a"
_CALL, _CALLVIRT, _NEWOBJ, _LDSTR, _LDFTN = b"\x28", b"\x6f", b"\x73", b"\x72", b"\xfe\x06"
_STATIC_VOID = b"\x00\x00\x01"
_CONSTRUCTOR = b"\x20\x02\x01\x1c\x18"  # instance void (object, native int)


def put_methods(draft: Draft, region: Region, spec: PeSpec, type_name: str) -> None:
    """Write the methods of a type. What the listing names no type for goes to the first type."""
    for entry in spec.subscribes:
        owner, _, events = entry.partition(":")
        if owner.strip() == type_name:
            _put_module(draft, region, [event.strip() for event in events.split(",")])
    if spec.types[0][0] == type_name:
        _put_calls(draft, region, spec.calls)
        for entry in spec.native_imports:
            _put_native_import(draft, entry)


def _put_module(draft: Draft, region: Region, events: Sequence[str]) -> None:
    """Write Init, which subscribes to the events, and a handler for each."""
    arguments = b"\x20\x02\x01\x1c" + draft.element("System.EventArgs")
    constructor = token(schema.MEMBER_REF, draft.member("System.EventHandler", ".ctor", _CONSTRUCTOR))
    handlers = [_method(draft, region, _PRIVATE, f"On{event}", arguments, _RET) for event in events]
    code = b""
    for event, handler in zip(events, handlers, strict=True):
        added = b"\x20\x01\x01" + draft.element("System.EventHandler")
        add = token(schema.MEMBER_REF, draft.member(_APPLICATION, f"add_{event}", added))
        code += _LDARG_1 + _LDARG_0 + _LDFTN + token(schema.METHOD_DEF, handler)
        code += _NEWOBJ + constructor + _CALLVIRT + add
    signature = b"\x20\x01\x01" + draft.element(_APPLICATION)
    _method(draft, region, _PUBLIC_VIRTUAL, "Init", signature, code + _RET)


def _put_calls(draft: Draft, region: Region, calls: Sequence[str]) -> None:
    """Write a method that returns before the calls in it."""
    if calls:
        code = _RET + b"".join(_call(draft, call) for call in calls) + _RET
        _method(draft, region, _PRIVATE_STATIC, "Inert", _STATIC_VOID, code)


def _call(draft: Draft, text: str) -> bytes:
    """Return the IL of `Type::Member`, `Type::Member(byte[])` or `Type::Member("text")`."""
    target, _, argument = text.partition("(")
    owner, _, member = target.strip().partition("::")
    argument = argument.rpartition(")")[0].strip()
    quoted = argument.startswith('"')
    kinds = ["string" if quoted else argument] if argument else []
    is_new = member == ".ctor"
    returned = b"\x01" if is_new else b"\x1c"
    signature = bytes([0x20 if is_new else 0, len(kinds)]) + returned + b"".join(map(draft.element, kinds))
    pushed = _LDSTR + draft.constant(argument.strip('"')) if quoted else _LDNULL * len(kinds)
    called = token(schema.MEMBER_REF, draft.member(owner, member, signature))
    return pushed + (_NEWOBJ if is_new else _CALL) + called + _POP


def _put_native_import(draft: Draft, entry: str) -> None:
    """Declare `library!function`."""
    library, _, function = entry.partition("!")
    name = draft.text(function)
    row = (0, _PRESERVE_SIGNATURE, _NATIVE_IMPORT, name, draft.blob(_STATIC_VOID), 1)
    method = draft.row(schema.METHOD_DEF, *row)
    module = draft.row(schema.MODULE_REF, draft.text(library))
    draft.row(schema.IMPL_MAP, 0, coded("MemberForwarded", schema.METHOD_DEF, method), name, module)


def _method(draft: Draft, region: Region, flags: int, name: str, signature: bytes, code: bytes) -> int:
    """Write a method with a tiny or fat body (II.25.4)."""
    tiny = bytes([len(code) << 2 | 2]) if len(code) < 64 else b""
    place = region.put((tiny or struct.pack("<HHII", 0x3003, 8, len(code), 0)) + code)
    return draft.row(schema.METHOD_DEF, place, 0, flags, draft.text(name), draft.blob(signature), 1)
