"""Labelled hosts: what an intruder left, or a real product, on a stock server; one page for each mechanism."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from iisight.workbench.pages import Block, Case, blocks_of, split_sections

FOLDER = Path(__file__).parent / "hosts"
_TARGET = re.compile(r"^(component|scope|file): *(\S.*?) *$", re.MULTILINE)
_FENCED = re.compile(r"^```.*?^```[ \t]*$", re.MULTILINE | re.DOTALL)


@dataclass(frozen=True, slots=True)
class Target:
    """What an analyst must be pointed at: a component by the start of its id, or a scope or file of a finding."""

    what: str
    value: str


@dataclass(frozen=True, slots=True)
class Host:
    """A labelled host. Without targets it is benign."""

    mechanism: str
    case: Case
    targets: tuple[Target, ...]


def mechanisms() -> list[str]:
    """Return the mechanisms that have a page."""
    return sorted(path.stem for path in FOLDER.glob("L-*.md"))


def hosts(mechanism: str) -> tuple[Host, ...]:
    """Return the hosts of a mechanism's page, the malicious ones first. ValueError for a page that says too little."""
    parts = split_sections((FOLDER / f"{mechanism}.md").read_text("utf-8"), 2)
    if set(parts) != {"", "Malicious", "Benign"}:
        raise ValueError(f"{mechanism}: the sections are Malicious and Benign, not {sorted(parts)}")
    return (*_read(mechanism, parts["Malicious"], True), *_read(mechanism, parts["Benign"], False))


def _read(mechanism: str, text: str, malicious: bool) -> Iterator[Host]:
    for title, body in split_sections(text, 3).items():
        blocks = tuple(blocks_of(body))
        if not title:
            continue
        targets = tuple(Target(m[1], m[2]) for m in _TARGET.finditer(_FENCED.sub("", body)))
        if not blocks or bool(targets) != malicious:
            raise ValueError(f"{mechanism}, '{title}': needs blocks, and a target if and only if it is malicious")
        blocks = blocks if malicious else tuple(map(_signed, blocks))
        yield Host(mechanism, Case(title, malicious, blocks), targets)


def _signed(block: Block) -> Block:
    """Have a catalogue list an honest file that says it is Microsoft's: those are signed, one way or another."""
    if block.action != "pe" or "Microsoft" not in block.body or "signed_by" in block.body:
        return block
    return replace(block, body=f"{block.body}catalogued: true\n")
