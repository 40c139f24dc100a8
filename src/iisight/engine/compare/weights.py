"""How much a change weighs: what an analyst should look at first."""

from collections.abc import Iterable
from functools import cache

from iisight.catalogue.tables import rows
from iisight.model.comparison import Topic, Turn
from iisight.model.component import Kind, Verdict
from iisight.model.finding import Severity
from iisight.model.report import Judged
from iisight.model.signature import Signature, SignatureState

NATIVE = frozenset(
    {
        *(Kind.NATIVE_MODULE, Kind.ISAPI_FILTER, Kind.ISAPI_EXTENSION, Kind.CLR_LOADER, Kind.ENVIRONMENT),
        *(Kind.LOG_PLUGIN, Kind.COMPRESSION, Kind.WEBDAV_STORE, Kind.WAS_PROTOCOL, Kind.SCHEMA_EXTENSION),
        *(Kind.SERVICE, Kind.PROCESS_HOOK),
    }
)
"""Kinds that bring native code into a worker process."""

DOUBTFUL = (SignatureState.BROKEN, SignatureState.UNTRUSTED, SignatureState.NONE)


def of_component(turn: Turn, judged: Judged) -> Severity:
    """Return the weight of a component that came, went or is another one now."""
    if turn is Turn.REMOVED:
        return Severity.MEDIUM if judged.component.kind is Kind.NATIVE_MODULE else Severity.LOW
    if judged.verdict is Verdict.MALICIOUS:
        return Severity.CRITICAL
    if judged.verdict is Verdict.SUSPICIOUS:
        return Severity.HIGH
    if judged.verdict in (Verdict.KNOWN, Verdict.TRUSTED):
        return Severity.LOW
    return Severity.HIGH if judged.component.kind in NATIVE else Severity.MEDIUM


def of_binary(turn: Turn, signature: Signature | None, kinds: Iterable[Kind]) -> Severity:
    """Return the weight of a file that was replaced, came or went; what Microsoft signed is an update.

    `kinds`: of the components that it is of. Assemblies of `bin` are replaced whenever the application is deployed.
    """
    if turn is Turn.REMOVED:
        return Severity.MEDIUM
    if signature is not None and signature.is_microsoft:
        return Severity.LOW
    return Severity.MEDIUM if all(kind is Kind.APP_ASSEMBLY for kind in kinds) else Severity.HIGH


def of_signature(old: Signature, new: Signature) -> Severity:
    """Return the weight of a signature that is another one now."""
    if old.is_trusted and new.state in DOUBTFUL:
        return Severity.HIGH
    return Severity.LOW if new.is_trusted else Severity.MEDIUM


def of_setting(section: str, inside: str) -> tuple[Topic, Severity, str]:
    """Return topic, weight and meaning of a setting; `inside` is its element's path and the attributes that differ."""
    folded = inside.lower()
    for prefix, part, topic, weight, what in _settings():
        if section.startswith(prefix) and part in folded:
            return topic, weight, what
    return Topic.SETTING, Severity.LOW, ""


@cache
def _settings() -> tuple[tuple[str, str, Topic, Severity, str], ...]:
    return tuple(
        (row["section"], row["inside"], Topic(row["topic"]), Severity(row["weight"]), row["what"])
        for row in rows("weighing_settings")
    )
