"""Sigma and YARA as files: copies of what iisight itself runs, and of what says nearly the same."""

from collections.abc import Iterable

from iisight.engine.registry import Rule
from iisight.examine.yara_sources import own_rules
from iisight.export.made import Export, Unsaid
from iisight.export.material import sigma_texts

YARA_FILE = "iisight.yar"
_YARA = "yara"
_HEAD = "// YARA rules of iisight (Apache-2.0). `meta` has the id, severity, confidence and techniques of each.\n"


def sigma(rules: Iterable[Rule]) -> Export:
    """Return the Sigma texts of rules."""
    texts, unsaid = sigma_texts(rules)
    return Export(tuple((f"{text.name}.yml", text.text.encode()) for text in texts), tuple(unsaid))


def yara(rules: Iterable[Rule]) -> Export:
    """Return the YARA rules of iisight in one file, with the parts that they share."""
    chosen = list(rules)
    names = {rule.name for rule in chosen if rule.group == _YARA}
    texts = [text for name, text in own_rules() if name in names or (name.startswith("_") and names)]
    unsaid = [
        Unsaid(rule.info.id, rule.info.title, "is no YARA rule: it asks for more than the bytes of a file")
        for rule in chosen
        if rule.group != _YARA
    ]
    body = "\n".join(text.strip() + "\n" for text in texts)
    files = ((YARA_FILE, f"{_HEAD}\n{body}".encode()),) if texts else ()
    return Export(files, tuple(sorted(unsaid)))
