"""What an inert PE file shall look like, as a value or as the listing of a rule's page."""

import dataclasses
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache

from iisight import tables

Type = tuple[str, str, tuple[str, ...]]  # full name, base, interfaces


@dataclass(frozen=True, slots=True)
class PeSpec:
    """An executable file to build. Text of None is not in the version resource; without any there is none."""

    machine: str = ""  # `x86`, `x64`, `arm64`; empty: x86 for a managed image, else x64
    dll: bool = True
    exports: tuple[str, ...] = ()  # `Name`, or `Name=DLL.Function` for a forwarder
    imports: Mapping[str, tuple[str, ...]] = field(default_factory=dict)  # `#n` for an ordinal
    company: str | None = None
    product: str | None = None
    description: str | None = None
    original_name: str | None = None
    internal_name: str | None = None
    file_version: str | None = None
    product_version: str | None = None
    copyright: str | None = None
    timestamp: int = 0  # seconds since 1970
    pdb: str = ""  # path of the symbols
    sections: tuple[str, ...] = ()  # further ones, empty: `.name`, or `.name:rwx`
    notifications: tuple[str, ...] = ()  # what it asks for: `RQ_…`, `post RQ_…`, `GL_…`, `SF_NOTIFY_…`
    priority: str = ""  # of all of them: `FIRST`, `HIGH`, `MEDIUM`, `LOW`, `LAST`
    strings: tuple[str, ...] = ()  # in .rdata, UTF-8
    wide_strings: tuple[str, ...] = ()  # in .rdata, UTF-16
    managed: bool = False
    any_cpu: bool = True  # x86 managed images only; False: requires 32 bits
    assembly: str = ""
    assembly_version: str = "1.0.0.0"
    public_key: bytes = b""
    types: tuple[Type, ...] = ()
    assembly_attributes: tuple[str, ...] = ()  # `Name`, or `Name(typeof Type, text, 1)`
    assembly_references: tuple[str, ...] = ()  # `Name, Version=…, PublicKeyToken=…`, beside mscorlib and System.Web
    subscribes: tuple[str, ...] = ()  # `Type: BeginRequest, LogRequest`: its Init does, each to a handler `On…`
    calls: tuple[str, ...] = ()  # `Type::Member`, `Type::Member(byte[])`, `Type::Member("text")`; never run
    native_imports: tuple[str, ...] = ()  # P/Invoke: `kernel32.dll!Sleep`
    resources: tuple[str, ...] = ()  # `name=text`; `assembly`, `pe`, `deflate` stand for an inert file

    @property
    def architecture(self) -> str:
        """Return the machine, the default filled in."""
        return self.machine or ("x86" if self.managed else "x64")


def spec_from_mapping(mapping: Mapping[str, object]) -> PeSpec:
    """Read a listing, whose keys are the fields of PeSpec, and `public_key_token`.

    `types` are written `Name`, `Name : Base` or `Name : Base, Interface, …`. ValueError names what is wrong.
    """
    known = {f.name: _READERS[f.type] for f in dataclasses.fields(PeSpec)}
    known["public_key_token"] = _key_of_token
    values: dict[str, object] = {}
    for key, value in mapping.items():
        if key not in known:
            raise ValueError(f"unknown key {key!r} of a PE listing; known: {', '.join(sorted(known))}")
        try:
            values[key.removesuffix("_token")] = known[key](value)
        except (TypeError, ValueError) as error:
            raise ValueError(f"key {key!r} of a PE listing: {error}") from error
    return dataclasses.replace(PeSpec(), **values)  # type: ignore[arg-type]  # each read as its field's type


def _text(value: object) -> str:
    """Read a text; a number is what an unquoted version looks like."""
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise TypeError(f"expected text, found {value!r}")
    return str(value)


def _flag(value: object) -> bool:
    """Read true or false."""
    if str(value).lower() not in ("true", "false"):
        raise ValueError(f"expected true or false, found {value!r}")
    return str(value).lower() == "true"


def _number(value: object) -> int:
    """Read a number, `0x…` too."""
    return int(_text(value), 0)


def _texts(value: object) -> tuple[str, ...]:
    """Read a list of texts, or a single one."""
    return tuple(map(_text, value)) if isinstance(value, list | tuple) else (_text(value),)


def _imports(value: object) -> dict[str, tuple[str, ...]]:
    """Read DLLs with their functions."""
    if not isinstance(value, Mapping):
        raise TypeError(f"expected `dll: [functions]`, found {value!r}")
    return {_text(dll): _texts(functions) for dll, functions in value.items()}


def _types(value: object) -> tuple[Type, ...]:
    """Read types as a declaration in C# has them, the base always first."""
    return tuple(map(_type, _texts(value)))


def _type(text: str) -> Type:
    """Read one type."""
    name, _, parents = text.partition(":")
    base, *interfaces = (parent.strip() for parent in (parents.strip() or "System.Object").split(","))
    return name.strip(), base, tuple(interfaces)


def _key_of_token(value: object) -> bytes:
    """Return the public key of a token: of the few that are known."""
    token = _text(value).lower()
    keys = _public_keys()
    if token not in keys:
        raise ValueError(f"no public key is known for token {token!r}; known: {', '.join(keys)}")
    return bytes.fromhex(keys[token])


@cache
def _public_keys() -> Mapping[str, str]:
    return {row["token"]: row["key"] for row in tables.rows("iisight.workbench", "public_keys")}


_READERS: Mapping[object, Callable[[object], object]] = {
    str: _text,
    str | None: _text,
    bool: _flag,
    int: _number,
    bytes: lambda value: bytes.fromhex(_text(value)),
    tuple[str, ...]: _texts,
    Mapping[str, tuple[str, ...]]: _imports,
    tuple[Type, ...]: _types,
}
