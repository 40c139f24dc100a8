"""IIS136: an image that a share, a device path or an alternate data stream leads to."""

import re
from collections.abc import Iterable, Iterator

from iisight.evidence import paths
from iisight.inventory.inventory import Inventory
from iisight.model.component import Component, Kind
from iisight.model.finding import Confidence, Finding, Severity
from iisight.model.rule import RuleInfo
from iisight.rules._common import Options, evidence_of, finding, is_known

INFO = RuleInfo(
    id="IIS136",
    title="Image behind a share, device or stream",
    severity=Severity.HIGH,
    confidence=Confidence.HIGH,
    mechanisms=("L-01", "L-05", "L-06", "L-07", "L-08", "L-09", "L-11", "L-12", "L-15"),
    attack=("T1505.004", "T1564.004"),
)
_LOADED = frozenset(
    {
        Kind.NATIVE_MODULE,
        Kind.ISAPI_FILTER,
        Kind.ISAPI_EXTENSION,
        Kind.COMPRESSION,
        Kind.CLR_LOADER,
        Kind.WEBDAV_STORE,
        Kind.WAS_PROTOCOL,
        Kind.ENVIRONMENT,
    }
)
_STARTED = frozenset({Kind.CGI, Kind.FASTCGI, Kind.APP_PROCESS, Kind.TRACE_ACTION, Kind.POOL_ACTION, Kind.WEB_FARM})
_ARGUMENTS = re.compile(r"""\s+[-/"%].*""", re.DOTALL)


def check(inventory: Inventory, _options: Options) -> Iterable[Finding]:
    """Yield every image whose path is not that of a plain file on a local drive."""
    for component in inventory.of(*_LOADED, *_STARTED):
        if component.image:
            yield from _judge(component, _file_of(component, component.image))


def _file_of(component: Component, image: str) -> str:
    """Return the path without the arguments that some attributes hold behind it."""
    return _ARGUMENTS.sub("", image) if component.kind in _STARTED else image


def _judge(component: Component, path: str) -> Iterator[Finding]:
    message = f"{component.kind} '{component.name}' is taken from {path}, "
    severity = Severity.HIGH if component.effective else Severity.MEDIUM
    stream = paths.stream_of(path)
    if stream is not None and not paths.is_device(path):
        message += f"the alternate data stream '{stream}'"
        yield finding(INFO, message, evidence_of(component), component, severity=severity)
    elif paths.is_device(path):
        yield finding(INFO, f"{message}a device path", evidence_of(component), component, severity=severity)
    elif paths.has_blank_ends(path):
        message += "a path with blanks or dots at the ends of its parts, which can name another file"
        confidence = Confidence.MEDIUM if path.startswith("\\\\?\\") else Confidence.LOW
        evidence = evidence_of(component)
        yield finding(INFO, message, evidence, component, severity=Severity.MEDIUM, confidence=confidence)
    elif paths.is_unc(path) and not is_known(component):
        yield _share(component, f"{message}another computer")


def _share(component: Component, message: str) -> Finding:
    loaded = component.kind in _LOADED
    certain = loaded and component.effective
    return finding(
        INFO,
        message,
        evidence_of(component),
        component,
        severity=Severity.HIGH if loaded else Severity.MEDIUM,
        confidence=Confidence.MEDIUM if certain else Confidence.LOW,
    )
