"""A layer of MITRE's ATT&CK Navigator, format 4.5: each technique with the rules that tell of it."""

import json
from collections.abc import Iterable, Iterator
from typing import Any

from iisight.engine.registry import Rule
from iisight.export.made import Export

FILE = "iisight-layer.json"
LAYER, NAVIGATOR = "4.5", "5.0.0"  # of the format, and the version of the Navigator that reads it
_COLOURS = ("#e8f1fa", "#1f5f99")


def navigator(rules: Iterable[Rule]) -> Export:
    """Return the layer; a technique's score is the number of its rules."""
    found: dict[str, list[Rule]] = {}
    for rule in sorted(rules, key=lambda rule: rule.info.id):
        for technique in rule.info.attack:
            if technique.startswith("T"):
                found.setdefault(technique, []).append(rule)
    highest = max((len(own) for own in found.values()), default=1)
    layer = {
        "name": "iisight",
        "versions": {"navigator": NAVIGATOR, "layer": LAYER},
        "domain": "enterprise-attack",
        "description": "Rules of iisight by technique; the score is their number.",
        "filters": {"platforms": ["Windows"]},
        "sorting": 3,
        "layout": {"layout": "side", "showID": True, "showName": True, "expandedSubtechniques": "annotated"},
        "hideDisabled": False,
        "techniques": [dict(_technique(key, found[key])) for key in sorted(found)],
        "gradient": {"colors": list(_COLOURS), "minValue": 0, "maxValue": highest},
        "legendItems": [],
    }
    return Export(((FILE, f"{json.dumps(layer, indent=2, ensure_ascii=True)}\n".encode()),))


def _technique(key: str, rules: list[Rule]) -> Iterator[tuple[str, Any]]:
    yield "techniqueID", key
    yield "score", len(rules)
    yield "comment", ", ".join(rule.info.id for rule in rules)
    yield "enabled", True
    yield "metadata", [{"name": rule.info.id, "value": rule.info.title} for rule in rules]
