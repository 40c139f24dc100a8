"""Signatures of methods (ECMA-335 II.23.2.1), as far as calls and attributes need them."""

from collections.abc import Iterator
from dataclasses import dataclass

from iisight.parsers.pe.clr.names import Names, compressed, target

MAX_PARAMETERS = 64
MAX_DEPTH = 8
MAX_SHAPE = 64  # bytes of a signature up to what is returned
MAX_SIGNATURE = 256  # bytes of one whose types are read
MAX_TEXT = 512  # characters of one generic type

_HAS_THIS, _EXPLICIT_THIS, _GENERIC = 0x20, 0x40, 0x10
_VOID = 1
_MODIFIERS = (0x1F, 0x20)  # CMOD_REQD, CMOD_OPT: a type follows that says nothing of the shape
_PREFIXES = {0x0F: "*", 0x10: "&", 0x1D: "[]", 0x45: ""}  # PTR, BYREF, SZARRAY, PINNED
_PLAIN_NAMES = "void bool char sbyte byte short ushort int uint long ulong float double string"
_PLAIN = {0x16: "typedref", 0x18: "nint", 0x19: "nuint", 0x1C: "object"}
_PLAIN |= dict(enumerate(_PLAIN_NAMES.split(), 1))
_CLASSES = (0x11, 0x12)  # VALUETYPE, CLASS
_GENERIC_INSTANCE = 0x15


@dataclass(frozen=True, slots=True)
class Shape:
    """What a call takes from the stack and leaves on it."""

    has_this: bool
    parameters: int
    returns: bool


def read_shape(signature: bytes) -> Shape:
    """Return the shape of a method's signature; of a damaged one, that of `void ()`."""
    signature = signature[:MAX_SHAPE]
    has_this, count, at = _head(signature)
    while at < len(signature) and signature[at] in _MODIFIERS:
        _, at = compressed(signature, at + 1)
    return Shape(has_this, count, signature[at : at + 1] not in (b"", bytes([_VOID])))


def parameter_types(names: Names, signature: bytes) -> Iterator[str]:
    """Yield the parameters' types as C# writes them; ends at one that cannot be told."""
    signature = signature[:MAX_SIGNATURE]
    _, count, at = _head(signature)
    for position in range(count + 1):  # the first is what is returned
        text, at = _type(names, signature, at, MAX_DEPTH)
        if not text:
            return
        if position:
            yield text


def _head(signature: bytes) -> tuple[bool, int, int]:
    """Return whether there is a `this`, the count of parameters, and where the types begin."""
    if not signature:
        return False, 0, 0
    at = 1
    if signature[0] & _GENERIC:
        _, at = compressed(signature, at)
    count, at = compressed(signature, at)
    return signature[0] & (_HAS_THIS | _EXPLICIT_THIS) == _HAS_THIS, min(count, MAX_PARAMETERS), at


def _type(names: Names, signature: bytes, at: int, depth: int) -> tuple[str, int]:
    """Return one type and where it ends; an empty one cannot be told."""
    code = signature[at] if at < len(signature) and depth else 0
    if code in _PLAIN:
        return _PLAIN[code], at + 1
    if code in _PREFIXES:
        inner, at = _type(names, signature, at + 1, depth - 1)
        return inner and inner + _PREFIXES[code], at
    if code in _MODIFIERS:
        return _type(names, signature, compressed(signature, at + 1)[1], depth - 1)
    if code in _CLASSES:
        coded, at = compressed(signature, at + 1)
        return names.type(*target("TypeDefOrRef", coded)), at
    if code in (0x13, 0x1E):  # VAR, MVAR
        number, at = compressed(signature, at + 1)
        return f"!{number}", at
    return _instance(names, signature, at, depth) if code == _GENERIC_INSTANCE else ("", at)


def _instance(names: Names, signature: bytes, at: int, depth: int) -> tuple[str, int]:
    """Return a generic type with its arguments."""
    generic, at = _type(names, signature, at + 1, depth - 1)
    count, at = compressed(signature, at)
    arguments = []
    for _ in range(min(count, MAX_PARAMETERS)):
        text, at = _type(names, signature, at, depth - 1)
        if not text:
            return "", at
        arguments.append(text)
    return f"{generic}<{', '.join(arguments)}>"[:MAX_TEXT] if generic else "", at
