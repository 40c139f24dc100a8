"""Could this server have told? For each rule: what it looks at, and whether that is recorded here.

What a rule of events looks at is what its page has it fire on: the `event` blocks under *Fires*.
"""

import re
from collections.abc import Iterable, Iterator

from iisight.engine.registry import Rule, Shape
from iisight.model.posture import RuleCoverage, Told
from iisight.rules.hardening._host import Host
from iisight.rules.hardening._recording import Recorded, recorded
from iisight.rules.hardening._recording import Source as Recording

_FIRES = re.compile(r"^## Fires$(.*?)^## ", re.MULTILINE | re.DOTALL)
_EVENT = re.compile(r"^```event[ \t]+(\S[^\n]*?)[ \t]+(\d{1,5})[ \t]*$", re.MULTILINE)
_STATE = "configuration, registry and files"


def coverage_of(rules: Iterable[Rule], host: Host) -> Iterator[RuleCoverage]:
    """Yield every rule with whether this server could have told of what it looks for."""
    known: dict[Recording, Recorded] = {}
    for rule in rules:
        sources = sources_of(rule)
        if rule.shape is not Shape.EVENT and not (rule.shape is Shape.CASE and sources):
            yield RuleCoverage(rule.info.id, rule.info.title, Told.YES, (_STATE,), ())
            continue
        found = [known.setdefault(source, recorded(host, source)) for source in sources]
        told = _best([f.told for f in found])
        reasons = () if told is Told.YES else tuple(dict.fromkeys(f.reason for f in found if f.told is told))
        names = tuple(f"{channel} {number}" for channel, number in sources)
        yield RuleCoverage(rule.info.id, rule.info.title, told, names, reasons)


def sources_of(rule: Rule) -> tuple[Recording, ...]:
    """Return the channels and event ids that a rule's page has it fire on."""
    if rule.shape not in {Shape.EVENT, Shape.CASE}:
        return ()
    fires = _FIRES.search(rule.page())
    found = _EVENT.findall(fires[1]) if fires else []
    return tuple(sorted({(channel, int(number)) for channel, number in found}))


def _best(told: list[Told]) -> Told:
    """Return the best of several sources: one that tells is enough."""
    return next((t for t in Told if t in told), Told.UNKNOWN)
