"""The report as JSON, written and read, and the schema of it."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from inspect import cleandoc
from typing import TYPE_CHECKING, TypeVar

from iisight.model.baseline import BASELINE_SCHEMA, Baseline
from iisight.model.errors import ParseError, UsageError
from iisight.model.locator import Locator
from iisight.model.report import SCHEMA_VERSION, Report
from iisight.report.safe import escape, is_seen

if TYPE_CHECKING:
    import msgspec

SCHEMA_ID = "urn:iisight:report:1.2"
MAX_SIZE = 1024 * 1024 * 1024  # bytes of a report that is read

_T = TypeVar("_T")
_MAJOR = SCHEMA_VERSION.partition(".")[0]
_VERSION = re.compile(r"[0-9]{1,9}\.[0-9]{1,9}")
_BYTE = re.compile(r" \(byte (\d+)\)$")
_NOT_ASCII = re.compile(r"[^\n -~]")
_SURROGATE = re.compile(r"[\ud800-\udfff]")


@dataclass(frozen=True, slots=True)
class _Head:
    """What every version of a report has."""

    schema: str


@dataclass(frozen=True, slots=True)
class _BaselineHead:
    """What every version of a baseline has."""

    baseline: str


@dataclass(frozen=True, slots=True)
class _Kind:
    """What tells a baseline from a report."""

    baseline: str = ""


def encode(report: Report) -> bytes:
    r"""Return a report as JSON: UTF-8, indented, the same bytes for the same report.

    Characters that are not seen as themselves are written as JSON escapes, so that the file is safe to look at.
    A lone surrogate, which UTF-8 does not have, becomes the six characters `\udc80`.
    """
    return to_json(report)


def to_json(value: object) -> bytes:
    """Return any value of the model as such JSON."""
    import msgspec

    try:
        raw = msgspec.json.encode(value, enc_hook=_plain, order="deterministic")
    except UnicodeEncodeError:
        plain = _without_surrogates(msgspec.to_builtins(value, enc_hook=_plain))
        raw = msgspec.json.encode(plain, order="deterministic")
    return _pretty(raw)


def to_json_line(value: object) -> str:
    """Return any value of the model as JSON in one line, safe to look at."""
    import msgspec

    compact = msgspec.json.format(to_json(value), indent=-1).decode("utf-8")
    return _NOT_ASCII.sub(_json_escape, compact) + "\n"


def canonical(data: bytes, without: str) -> bytes:
    """Return a JSON object as bytes that white space and the order of keys do not change, without one of its keys."""
    import msgspec

    value = _read(data, "baseline", dict[str, object], "")
    value.pop(without, None)
    return msgspec.json.encode(value, order="sorted")


def decode_baseline(data: bytes, name: str = "baseline") -> Baseline:
    """Return the baseline that `data` holds, its seal not checked. Raises as `decode`."""
    version = _read(data, name, _BaselineHead, "").baseline
    if version.partition(".")[0] != BASELINE_SCHEMA.partition(".")[0]:
        raise UsageError(f"{name}: the baseline has version {version[:40]}, this iisight reads {BASELINE_SCHEMA}")
    return _read(data, name, Baseline, "")


def is_baseline(data: bytes, name: str) -> bool:
    """Tell whether JSON is a baseline and not a report."""
    return bool(_read(data, name, _Kind, "").baseline)


def decode(data: bytes, name: str = "report") -> Report:
    """Return the report that `data` holds; `name` stands for it in errors.

    Any version 1.x is read, and fields this version does not know are passed over. Raises UsageError for a version
    that cannot be read and ParseError for what is no report, with the byte or the field.
    """
    if len(data) > MAX_SIZE:
        raise UsageError(f"{name}: a report of {len(data)} bytes; at most {MAX_SIZE} are read")
    version = _read(data, name, _Head, "").schema
    if not _VERSION.fullmatch(version):
        raise ParseError(f"expected a report with schema {SCHEMA_VERSION}, found '{version[:40]}'", Locator(name))
    if version.partition(".")[0] != _MAJOR:
        raise UsageError(f"{name}: the report has schema {version}, this iisight reads {_MAJOR}.x")
    newer = "" if version == SCHEMA_VERSION else f" (schema {version}, this iisight knows {SCHEMA_VERSION})"
    return _read(data, name, Report, newer)


def schema() -> dict[str, object]:
    """Return the JSON Schema (draft 2020-12) of a report."""
    import msgspec

    (root,), types = msgspec.json.schema_components([Report], ref_template="#/$defs/{name}")
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": SCHEMA_ID,
        "title": "iisight report",
        **root,
        "$defs": types,
    }


def schema_text() -> bytes:
    """Return the schema as the file `docs/schema/report-1.2.schema.json` holds it."""
    import msgspec

    return _pretty(msgspec.json.encode(_dedented(schema()), order="deterministic"))


def _dedented(value: object) -> object:
    """Return a schema whose descriptions, which are docstrings, are the same in every version of Python."""
    if isinstance(value, dict):
        return {k: cleandoc(v) if k == "description" and isinstance(v, str) else _dedented(v) for k, v in value.items()}
    return [_dedented(item) for item in value] if isinstance(value, list) else value


def _read(data: bytes, name: str, kind: type[_T], remark: str) -> _T:
    import msgspec

    try:
        return msgspec.json.decode(data, type=kind)
    except msgspec.ValidationError as error:
        raise ParseError(f"not a report of iisight: {error}{remark}", Locator(name)) from error
    except msgspec.DecodeError as error:
        raise ParseError(f"damaged JSON: {_BYTE.sub('', str(error))}", _place(name, error, data)) from error
    except UnicodeDecodeError as error:
        raise ParseError(f"damaged JSON: not UTF-8 ({error.reason})", Locator(name)) from error
    except RecursionError as error:
        raise ParseError("damaged JSON: nested too deep", Locator(name)) from error


def _place(name: str, error: "msgspec.DecodeError", data: bytes) -> Locator:
    byte = _BYTE.search(str(error))
    if byte is None:
        return Locator(name, offset=len(data) if "truncated" in str(error) else None)
    return Locator(name, offset=int(byte[1]))


def _plain(value: object) -> object:
    """Return what msgspec can write in place of a mapping of another type than dict."""
    if isinstance(value, Mapping):
        return dict(value)
    raise NotImplementedError(f"no JSON for {type(value).__name__}")


def _without_surrogates(value: object) -> object:
    match value:
        case str():
            return _SURROGATE.sub(lambda found: escape(found[0]), value)
        case dict():
            return {_without_surrogates(key): _without_surrogates(item) for key, item in value.items()}
        case list() | tuple():
            return [_without_surrogates(item) for item in value]
        case _:
            return value


def _pretty(raw: bytes) -> bytes:
    import msgspec

    text = msgspec.json.format(raw, indent=2).decode("utf-8")
    return _NOT_ASCII.sub(_json_escape, text).encode("utf-8") + b"\n"


def _json_escape(found: re.Match[str]) -> str:
    """Return a character that is not ASCII, which can only stand in a string, as JSON may write it."""
    if is_seen(found[0]):
        return found[0]
    pairs = found[0].encode("utf-16-be")
    return "".join(f"\\u{pairs[i : i + 2].hex()}" for i in range(0, len(pairs), 2))
