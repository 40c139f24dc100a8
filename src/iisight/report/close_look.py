"""What a close look at a component's file gave, in a few lines: who signed it, what it asks for, what it can do."""

from collections.abc import Iterable, Iterator

from iisight.model.component import Component
from iisight.model.examination import Capability, Examination, Subscription
from iisight.model.signature import SignatureState

MAX_EVENTS = 8
MAX_ABILITIES = 8


def close_look(component: Component, *, everything: bool = False) -> Iterator[tuple[str, str]]:
    """Yield (label, text); nothing for a file that was not looked at, and no signature that could not be told."""
    examination = None if component.binary is None else component.binary.examination
    if examination is None:
        return
    signature = examination.signature
    if signature is not None and signature.state is not SignatureState.UNKNOWN:
        yield "sign", signature.summary
    asked = _asked(examination, everything)
    if asked:
        yield "asks", asked
    if examination.capabilities:
        yield "can", _abilities(examination.capabilities, everything)
    if examination.capa:
        yield "capa", ", ".join(match.rule for match in examination.capa)


def _asked(examination: Examination, everything: bool) -> str:
    """Return what it asks to be called for, and whether that may not be all."""
    told = list(dict.fromkeys(map(_event, examination.subscriptions)))
    rest = len(told) - MAX_EVENTS
    if rest > 0 and not everything:
        told = [*told[:MAX_EVENTS], f"{rest:,} more"]
    if not examination.undecided:
        return ", ".join(told)
    return f"{', '.join(told) or 'nothing that can be told'}; undecided: {_shown(examination.undecided)}"


def _shown(undecided: tuple[str, ...]) -> str:
    """Return the first thing that could not be decided, and how many more there are."""
    more = f" and {len(undecided) - 1:,} more" if len(undecided) > 1 else ""
    return undecided[0] + more


def _event(subscription: Subscription) -> str:
    event = f"{subscription.event} (after)" if subscription.post else subscription.event
    event += f" at {subscription.priority}" if subscription.priority else ""
    return f"{event} by {subscription.method}" if subscription.method else event


def _abilities(capabilities: Iterable[Capability], everything: bool) -> str:
    """Return each ability with the first trace of it."""
    told = [c.ability + (f" ({c.traces[0].text})" if c.traces else "") for c in capabilities]
    rest = len(told) - MAX_ABILITIES
    return ", ".join(told if everything or rest <= 0 else [*told[:MAX_ABILITIES], f"{rest:,} more"])
