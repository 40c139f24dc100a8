r"""A rule's page as cases: what to change on a stock server, and what the rule must say of it.

Blocks of a page (fenced, the words after the fence say which):
`file <path>` a file as it stands; `pe <path>` a listing of an inert executable; `delete <path>`;
`insert <element path>` XML put at the end of that element of applicationHost.config, `insert-first` at its start;
`set <element path>` lines `name: value` for its attributes; `remove <element path>`; `options` the rule's options, the
same way; `registry <key>` values that go into a hive (`stock_registry.py`);
`snapshot <name>` the configuration as the blocks above it leave it, kept in the history at that time;
`modified <path>` when that file, or all in that folder, was written; `yara <name>` a file of YARA rules;
`event <channel> <id>` a record of an event log (`event_blocks.py`); `acl <path>` its descriptor in SDDL, as an export
beside the evidence has it (`\*`: of every file below); `export <name>` another file that a collector wrote;
`process <pool>` a worker process that runs (`process_blocks.py`); `expect` what the rule says.
A path may start with `location/`: the stock server's `<location path="">`, where `modules` and `handlers` are.
"""

import csv
import io
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from xml.etree import ElementTree as ET

from iisight.evidence.mount import OUTSIDE
from iisight.workbench import images, stock, stock_registry

SECTIONS_OF_A_CHECK = (
    "What it checks",
    "What it rests on",
    "Why it matters",
    "Fails",
    "Passes",
    "Unknown",
    "References",
    "What to do next",
)
SECTIONS = (
    "What it flags",
    "Why it matters",
    "Fires",
    "Stays quiet",
    "Known false positives",
    "ATT&CK",
    "What to do next",
)
LISTED = f"{OUTSIDE}\\acls.csv"
"""Where the descriptors of `acl` blocks stand."""

_HEADING = re.compile(r"^(#{1,3}) +(\S.*?)[ \t]*$", re.MULTILINE)
_BLOCK = re.compile(r"^```([a-z-]+)[ \t]*(.*?)[ \t]*\n(.*?)^```[ \t]*$", re.MULTILINE | re.DOTALL)
_LISTS = frozenset({"exports", "sections", "notifications"})  # written in one line, with commas
_ACTIONS = frozenset(
    {
        "file",
        "pe",
        "delete",
        "insert",
        "insert-first",
        "set",
        "remove",
        "modified",
        "snapshot",
        "yara",
        "event",
        "expect",
        "options",
        "registry",
        "process",
        "acl",
        "export",
    }
)


class PageError(ValueError):
    """A page that cannot be used, and why."""


@dataclass(frozen=True, slots=True)
class Block:
    """One fenced block."""

    action: str
    argument: str
    body: str


@dataclass(frozen=True, slots=True)
class Case:
    """A server that differs from stock, and what the rule says of it: `severity/confidence: message` lines."""

    title: str
    fires: bool
    blocks: tuple[Block, ...]
    section: str = ""  # of a check's page: `Fails`, `Passes`, `Unknown`

    @property
    def expected(self) -> tuple[str, ...]:
        """Return the lines the rule must say, sorted."""
        lines = (line.strip() for b in self.blocks if b.action == "expect" for line in b.body.splitlines())
        return tuple(sorted(line for line in lines if line))


@dataclass(frozen=True, slots=True)
class Page:
    """A rule's page."""

    title: str
    sections: Mapping[str, str]
    cases: tuple[Case, ...]


def parse_page(text: str) -> Page:
    """Return a page. Raises PageError when a section is missing or a block is of no known kind."""
    parts = split_sections(text, 2)
    if set(parts) - {""} != set(SECTIONS):
        missing = [s for s in SECTIONS if s not in parts] or sorted(set(parts) - {"", *SECTIONS})
        raise PageError(f"section '{missing[0]}' is missing or unknown; a page has: {', '.join(SECTIONS)}")
    title = next(iter(split_sections(text, 1)), "")
    cases = (*_cases(parts["Fires"], True), *_cases(parts["Stays quiet"], False))
    return Page(title, {name: parts[name].strip() for name in SECTIONS}, cases)


def parse_check_page(text: str) -> Page:
    """Return the page of a check of hardening. Raises PageError as `parse_page` does."""
    parts = split_sections(text, 2)
    wrong = [name for name in SECTIONS_OF_A_CHECK if name not in parts] or sorted(
        set(parts) - {"", *SECTIONS_OF_A_CHECK}
    )
    if wrong:
        known = ", ".join(SECTIONS_OF_A_CHECK)
        raise PageError(f"section '{wrong[0]}' is missing or unknown; the page of a check has: {known}")
    title = next(iter(split_sections(text, 1)), "")
    cases = tuple(case for name in ("Fails", "Passes", "Unknown") for case in _check_cases(parts[name], name))
    return Page(title, {name: parts[name].strip() for name in SECTIONS_OF_A_CHECK}, cases)


def _check_cases(text: str, section: str) -> Iterator[Case]:
    for title, body in split_sections(text, 3).items():
        blocks = tuple(blocks_of(body))
        if not blocks:
            continue
        case = Case(title or section.lower(), section == "Fails", blocks, section)
        if not case.expected:
            raise PageError(f"case '{case.title}': no expect block with lines")
        yield case


def split_sections(text: str, level: int) -> dict[str, str]:
    """Split at the headings of one level; what stands before the first is under `""` for level 2 and 3."""
    outside = _BLOCK.sub(lambda m: "x" * len(m[0]), text)  # a `#` inside a block is no heading
    marks = [m for m in _HEADING.finditer(outside) if len(m[1]) == level]
    ends = [*(m.start() for m in marks[1:]), len(text)]
    parts = {m[2]: text[m.end() : end] for m, end in zip(marks, ends, strict=False)}
    return parts if level == 1 else {"": text[: marks[0].start() if marks else len(text)], **parts}


def _cases(text: str, fires: bool) -> Iterator[Case]:
    for title, body in split_sections(text, 3).items():
        blocks = tuple(blocks_of(body))
        if not blocks:
            continue
        case = Case(title or ("fires" if fires else "stays quiet"), fires, blocks)
        if fires != bool(case.expected):
            raise PageError(f"case '{case.title}': {'no' if fires else 'an'} expect block with lines")
        yield case


def blocks_of(text: str) -> Iterator[Block]:
    """Yield the fenced blocks of a text; raises PageError for one of no known kind."""
    for match in _BLOCK.finditer(text):
        if match[1] not in _ACTIONS:
            raise PageError(f"block '{match[1]}' is unknown; known: {', '.join(sorted(_ACTIONS))}")
        yield Block(match[1], match[2], match[3])


def files_of(case: Case) -> dict[str, bytes]:
    """Return the case's server. Raises PageError when a block cannot be applied."""
    files = {**stock.stock_files(), images.STOCK_CATALOGUE: images.stock_catalogue()}
    root = ET.fromstring(files[stock.APPHOST])  # noqa: S314  made by ourselves
    keys = stock_registry.stock_keys()
    for block in case.blocks:
        try:
            _apply(block, files, root)
            if block.action == "registry":
                stock_registry.put(keys, block.argument, stock_registry.parse_values(block.body))
        except (ValueError, ET.ParseError, SyntaxError) as error:
            raise PageError(f"case '{case.title}', block '{block.action} {block.argument}': {error}") from error
    listed = [(p, b.body.strip()) for b in case.blocks if b.action == "acl" for p in _listed(b.argument, files)]
    if listed:
        files[LISTED] = _table([("Path", "Sddl"), *listed])
    if not any(b.action in {"file", "delete"} and b.argument.lower() == stock.APPHOST.lower() for b in case.blocks):
        files[stock.APPHOST] = stock.to_bytes(root)
    if any(b.action == "registry" for b in case.blocks):
        files.update(stock_registry.hive_files(keys))
    return files


def times_of(case: Case, files: Iterable[str]) -> dict[str, datetime]:
    """Return when files of a case's server were modified: those that a block names."""
    times: dict[str, datetime] = {}
    for block in case.blocks:
        listing = parse_listing(block.body) if block.action == "pe" else {}
        text = block.body.strip() if block.action in {"modified", "snapshot"} else listing.get("modified")
        if text:
            named = kept(block.argument) if block.action == "snapshot" else block.argument
            time, place = datetime.fromisoformat(str(text)).astimezone(UTC), named.lower()
            times |= {f: time for f in files if f.lower() == place or f.lower().startswith(f"{place}\\")}
    return times


def kept(name: str) -> str:
    """Return where the history keeps a copy of the configuration."""
    return f"C:\\inetpub\\history\\{name}\\applicationHost.config"


def _apply(block: Block, files: dict[str, bytes], root: ET.Element) -> None:
    if block.action in {"file", "export"}:
        outside = f"{OUTSIDE}\\" if block.action == "export" else ""
        _put(files, outside + block.argument, block.body.encode())
    elif block.action == "pe":
        listing = parse_listing(block.body)
        data = images.build_image(listing)
        _put(files, block.argument, data)
        if images.is_set(listing, "catalogued"):
            _put(files, f"{images.PAGE_CATALOGUE}.{len(files)}.cat", images.write_catalogue([data]))
    elif block.action == "snapshot":
        _put(files, kept(block.argument), stock.to_bytes(root))
    elif block.action == "delete":
        _put(files, block.argument, None)
    elif block.action == "remove":
        parent, _, name = block.argument.rpartition("/")
        holder = _find(root, parent) if parent else root
        for child in holder.findall(name):
            holder.remove(child)
    elif block.action == "set":
        _find(root, block.argument).attrib.update({k: str(v) for k, v in parse_listing(block.body).items()})
    elif block.action in {"insert", "insert-first"}:
        holder = root if block.argument in {"", "configuration"} else _find(root, block.argument)
        new = list(ET.fromstring(f"<x>{block.body}</x>"))  # noqa: S314  a page of ours
        at = 0 if block.action == "insert-first" else len(holder)
        holder[at:at] = new


def _listed(path: str, files: Iterable[str]) -> list[str]:
    """Return the paths that an `acl` block is about: of a folder followed by `*` the files in it, at any depth."""
    folder = path.removesuffix("*").lower()
    return [path] if not path.endswith("\\*") else [f for f in files if f.lower().startswith(folder)]


def _table(table: Iterable[tuple[str, str]]) -> bytes:
    stream = io.StringIO()
    csv.writer(stream).writerows(table)
    return stream.getvalue().encode()


def _put(files: dict[str, bytes], path: str, data: bytes | None) -> None:
    known = next((p for p in files if p.lower() == path.lower()), None)
    if known is not None:
        del files[known]
    if data is not None:
        files[path] = data


def _find(root: ET.Element, path: str) -> ET.Element:
    """Return an element by path, made where only plain names are missing."""
    found = root.find(path)
    if found is not None:
        return found
    if "[" in path:
        raise PageError(f"the stock server has no element '{path}'")
    return stock.descend(root, path)


def parse_listing(text: str) -> dict[str, object]:
    """Read `key: value` lines; `key:` followed by `- item` lines is a list, by indented `key: value` a mapping."""
    found: dict[str, object] = {}
    last = ""
    for line in text.splitlines():
        if not line.strip():
            continue
        key, sign, value = line.strip().partition(":")
        if line.strip().startswith("- "):
            held = found.setdefault(last, [])
            if not isinstance(held, list):
                raise PageError(f"'{last}' is a value and a list")
            held.append(line.strip()[2:].strip())
        elif line[0] in " \t" and last:
            inner = found.setdefault(last, {})
            if not isinstance(inner, dict):
                raise PageError(f"'{last}' is a value and a mapping")
            inner[key.strip()] = [v.strip() for v in value.split(",")]
        elif sign and value.strip():
            found[key] = _value(key, value.strip())
        elif sign:
            last = key
        else:
            raise PageError(f"'{line}': expected `key: value`")
    return found


def _value(key: str, value: str) -> object:
    return [v.strip() for v in value.split(",")] if key in _LISTS else value
