"""A signed-off state: sealed, opened, and what it approves."""

import hashlib
import hmac
from collections.abc import Iterator
from dataclasses import replace

from iisight.engine.settings import NOT_READ, Trust, registered
from iisight.model.baseline import BASELINE_SCHEMA, Baseline, Seal
from iisight.model.component import Component, ImageState
from iisight.model.report import Report

_UNREAD = frozenset({ImageState.NOT_COLLECTED, ImageState.UNRESOLVED, ImageState.MISSING})


def signed_off(report: Report, name: str, by: str, reason: str, time: str) -> Baseline:
    """Return a report as a baseline, not sealed yet. The stories of events are no state and are left out."""
    components = tuple(replace(judged, story=()) for judged in report.components)
    state = replace(report, components=components, timeline=(), logs=())
    return Baseline(BASELINE_SCHEMA, name, by, reason, time, state)


def sealed(canonical: bytes, key: bytes | None) -> Seal:
    """Return the seal of a baseline's canonical bytes."""
    keyed = "" if key is None else hmac.new(key, canonical, hashlib.sha256).hexdigest()
    return Seal(hashlib.sha256(canonical).hexdigest(), keyed)


def broken(seal: Seal, canonical: bytes, key: bytes | None) -> str:
    """Return what is wrong with a seal; empty when it holds."""
    made = sealed(canonical, key)
    if not hmac.compare_digest(seal.sha256.encode(), made.sha256.encode()):
        return "it was changed after it was saved: its content is not what its digest says"
    if key is not None and not seal.hmac:
        return "it was saved without a key"
    if key is not None and not hmac.compare_digest(seal.hmac.encode(), made.hmac.encode()):
        return "it was sealed with another key, or by somebody who has none"
    return ""


def approvals(baseline: Baseline) -> dict[str, Trust]:
    """Return what a baseline approves, by component id: each bound to the content of its file and its registrations."""
    source = f"baseline '{baseline.name}' by {baseline.by} on {baseline.time}"
    return {trust.component: trust for trust in _trusts(baseline, source)}


def _trusts(baseline: Baseline, source: str) -> Iterator[Trust]:
    for judged in baseline.report.components:
        component = judged.component
        yield Trust(
            component.id,
            _content(component),
            baseline.reason,
            source,
            twin="" if component.twin is None else component.twin.sha256,
            registered=registered(component),
        )


def _content(component: Component) -> str:
    if component.binary is not None:
        return component.binary.sha256
    return NOT_READ if component.image_state in _UNREAD else ""
