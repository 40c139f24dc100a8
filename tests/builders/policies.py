"""Policies checked against the structure that is published: a table of elements, their children and attributes."""

import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from xml.etree import ElementTree as ET

from iisight.tables import Row, split_table

_TABLE = Path(__file__).parents[1] / "unit" / "data" / "policy_structure.csv"
_PATTERNS = {
    "@guid": r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}",
    "@name": r"(?s:.){1,1024}",
    "@sid": r"S-1-[0-9-]+",
}


def parsed(text: str) -> ET.Element:
    """Return a document without its namespace; raises ParseError of XML."""
    root = ET.fromstring(text)
    for element in root.iter():
        element.tag = element.tag.rpartition("}")[2]
    return root


def problems(document: str, root: ET.Element) -> list[str]:
    """Return what in a document is not as the structure has it."""
    facts, found = _structure(document), list[str]()
    for element in root.iter():
        row = facts.get(element.tag)
        if row is None:
            found.append(f"{element.tag}: no such element")
            continue
        names = " ".join(child.tag for child in element)
        if not re.fullmatch(_children(row["children"]), f"{names} " if names else ""):
            found.append(f"{element.tag}: children {names}")
        found += _attributes(element, row["attributes"])
    return found


def _attributes(element: ET.Element, wanted: str) -> list[str]:
    patterns = dict(pair.split("=", 1) for pair in wanted.split("; ")) if wanted else {}
    if set(patterns) != set(element.attrib):
        return [f"{element.tag}: attributes {sorted(element.attrib)}"]
    return [
        f"{element.tag}: {name} is {element.attrib[name]}"
        for name, pattern in patterns.items()
        if not re.fullmatch(_PATTERNS.get(pattern, pattern), element.attrib[name])
    ]


def _children(text: str) -> str:
    parts = (re.fullmatch(r"(\w+)([*+?]?)", part) for part in text.split())
    return "".join(f"(?:{part[1]} ){part[2]}" for part in parts if part is not None)


@cache
def _structure(document: str) -> Mapping[str, Row]:
    rows = split_table(_TABLE.read_text("utf-8"))
    return {row["element"]: row for row in rows if row["document"] == document}
