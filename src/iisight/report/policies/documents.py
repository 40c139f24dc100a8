"""XML that is written: one element a line, names of the evidence in attributes and texts alone."""

import uuid
from xml.etree import ElementTree as ET

from iisight.report.policies.quoting import xml_comment

_NAMESPACE = uuid.UUID("6c1b1c0e-3c0b-5f0e-9d55-3f1f5a1f6d00")  # of ids that iisight makes: the same bytes each time


def new_id(*names: str) -> str:
    """Return a GUID that is the same for the same names."""
    return str(uuid.uuid5(_NAMESPACE, "\0".join(names)))


def remark(parent: ET.Element, text: str) -> None:
    """Append a comment."""
    parent.append(ET.Comment(xml_comment(text)))


def to_text(root: ET.Element, *heads: str) -> str:
    """Return a document with its declaration and comments above the root."""
    ET.indent(root, "  ")
    above = "".join(f"<!--{xml_comment(head)}-->\n" for head in heads)
    return f'<?xml version="1.0" encoding="utf-8"?>\n{above}{ET.tostring(root, encoding="unicode")}\n'
