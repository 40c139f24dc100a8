"""IIS104: one image registered under two names, or a stock image under a name of somebody's own."""

from collections.abc import Iterable, Iterator

from iisight.evidence import paths
from iisight.inventory.inventory import Inventory
from iisight.model.component import Component, Kind
from iisight.model.finding import Confidence, Finding, Severity
from iisight.model.rule import RuleInfo
from iisight.rules._common import Options, finding, is_known, registered
from iisight.rules.configuration._weights import UNKNOWN, tell

INFO = RuleInfo(
    id="IIS104",
    title="One image under two names",
    severity=Severity.LOW,
    confidence=Confidence.MEDIUM,
    mechanisms=("L-01", "L-06"),
    attack=("T1505.004", "T1036"),
)

_BITS = ("bitness32", "bitness64")


def check(inventory: Inventory, _options: Options) -> Iterable[Finding]:
    """Yield stock images under other names, and unknown images that are registered twice for the same pools."""
    by_image: dict[tuple[str, str, Kind], list[Component]] = {}
    for component in inventory.of(Kind.NATIVE_MODULE, Kind.ISAPI_FILTER):
        match = component.match
        if match is not None and "image" in match.agrees and "name" in match.differs:
            message = (
                f"{component.kind} '{component.name}' loads {component.image}, which {match.product} "
                f"registers as '{match.expected}'"
            )
            own = component.kind is Kind.NATIVE_MODULE and match.tier == "core"
            yield tell(INFO, component, UNKNOWN if own else (INFO.severity, INFO.confidence), message)
        elif component.image and not is_known(component) and component.effective:
            key = (component.server, paths.fold(component.image), component.kind)
            by_image.setdefault(key, []).append(component)
    for same in by_image.values():
        yield from _twice(same)


def _twice(same: list[Component]) -> Iterator[Finding]:
    """Rows for the two bitnesses of one module are one module."""
    for bits in _BITS:
        other = _BITS[1 - _BITS.index(bits)]
        loaded = [c for c in same if other not in c.precondition]
        if len({c.name for c in loaded}) > 1:
            names = ", ".join(f"'{name}'" for name in sorted({c.name for c in loaded})[:8])
            message = f"{loaded[0].image} is registered as more than one {loaded[0].kind}: {names}"
            evidence = [e for c in loaded for e in registered(c)]
            yield finding(INFO, message, evidence, *loaded, confidence=Confidence.LOW)
            return
