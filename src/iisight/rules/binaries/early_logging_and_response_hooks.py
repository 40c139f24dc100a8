"""IIS215: an unknown module that has itself called early, both for what is answered and for what is logged."""

from collections.abc import Iterable

from iisight.inventory.inventory import Inventory
from iisight.model.binary import Binary
from iisight.model.component import Component, Kind
from iisight.model.examination import Examination, Subscription
from iisight.model.finding import Confidence, Evidence, Finding, Severity
from iisight.model.locator import Locator
from iisight.model.rule import RuleInfo
from iisight.model.signature import SignatureState
from iisight.rules._common import EXPOSED, Options, Place
from iisight.rules.binaries._examined import IN_PIPELINE, catalogues_cover, listed, say, state_of, strangers
from iisight.rules.configuration._weights import ODD, UNKNOWN, Weight, content_folders, place_among

INFO = RuleInfo(
    id="IIS215",
    title="Early hooks on logging and responses",
    severity=Severity.MEDIUM,
    confidence=Confidence.LOW,
    mechanisms=("L-01", "L-02", "L-03", "L-06"),
    attack=("T1505.004", "T1562.006"),
)
_LOGGING = frozenset({"RQ_LOG_REQUEST", "SF_NOTIFY_LOG", "LogRequest", "PostLogRequest"})
_RESPONSE = frozenset(
    {
        *("RQ_SEND_RESPONSE", "SF_NOTIFY_SEND_RAW_DATA", "SF_NOTIFY_SEND_RESPONSE"),
        *("PreSendRequestContent", "PreSendRequestHeaders"),
    }
)
_EARLY = frozenset({"FIRST", "HIGH"})
_FIRST_EVENT = "BeginRequest"


def check(inventory: Inventory, _options: Options) -> Iterable[Finding]:
    """Yield every such module and filter."""
    folders = content_folders(inventory)
    covered = catalogues_cover(inventory)
    for component, binary, examination in strangers(inventory, *IN_PIPELINE):
        logging = _of(examination, _LOGGING)
        response = _of(examination, _RESPONSE)
        when = _when(examination, [*logging, *response])
        if logging and response and when:
            place = place_among(binary.path, folders)
            unsigned = covered and state_of(examination) is SignatureState.NONE
            events = listed(dict.fromkeys(s.event for s in (*logging, *response)))
            doubt = ", and no signature vouches for it" if unsigned else ""
            message = f"{component.kind} '{component.name}' ({binary.path}) asks for {events} {when}{doubt}"
            shown = (_evidence(binary, s) for s in (*logging, *response))
            yield say(INFO, component, binary, _weight(component, place, unsigned), message, *shown)


def _of(examination: Examination, events: frozenset[str]) -> list[Subscription]:
    return [s for s in examination.subscriptions if s.event in events]


def _when(examination: Examination, hooks: Iterable[Subscription]) -> str:
    """Say how early it is called; managed modules have no priorities, the first event stands for them."""
    early = sorted({s.priority for s in hooks} & _EARLY)
    if early:
        return f"with priority {' and '.join(early)}"
    return f"and is called from {_FIRST_EVENT} on" if _of(examination, frozenset({_FIRST_EVENT})) else ""


def _weight(component: Component, place: Place, unsigned: bool) -> Weight:
    """Monitoring and firewall products do the same: from program folders; a site's own modules from its `bin`."""
    if component.kind is Kind.MANAGED_MODULE:
        return ODD if place is Place.WRITABLE else UNKNOWN
    return ODD if place in EXPOSED or (unsigned and place is not Place.PROGRAMS) else UNKNOWN


def _evidence(binary: Binary, subscription: Subscription) -> Evidence:
    note = f"{subscription.event} asked for at {subscription.place or 'a place unknown'}"
    return Evidence(Locator(binary.path, origin=binary.origin), note)
