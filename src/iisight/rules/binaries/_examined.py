"""What a close look gave of a component's files, as the rules ask for it."""

import re
from collections.abc import Iterable, Iterator

from iisight.inventory.inventory import Inventory
from iisight.model.binary import Binary
from iisight.model.component import Component, Kind
from iisight.model.examination import Ability, Capability, Examination, Trace
from iisight.model.finding import Evidence, Finding
from iisight.model.locator import Locator
from iisight.model.rule import RuleInfo
from iisight.model.signature import Signature, SignatureState
from iisight.rules._common import file_evidence, finding, is_known, registered
from iisight.rules.binaries._native import NATIVE, is_stock_place
from iisight.rules.configuration._weights import Weight, weigh

MANAGED = (Kind.MANAGED_MODULE, Kind.MANAGED_HANDLER)
LOADED = (
    *(*NATIVE, *MANAGED, Kind.FASTCGI, Kind.APP_PROCESS, Kind.AUTO_START, Kind.TYPE_REFERENCE, Kind.START_CODE),
    *(Kind.APP_ASSEMBLY, Kind.LOG_PLUGIN, Kind.FTP_PROVIDER, Kind.MANAGER_PROVIDER, Kind.REWRITE_PROVIDER),
    *(Kind.SCHEMA_EXTENSION, Kind.DEPLOY_RULE, Kind.DATABASE_PROVIDER, Kind.SLEEPER),
)
"""Kinds whose file a process of IIS loads or starts, or waits to be told to."""

IN_PIPELINE = (Kind.NATIVE_MODULE, Kind.ISAPI_FILTER, Kind.MANAGED_MODULE)
"""Kinds that are called for requests that are not theirs."""

MODULE_TYPE = "System.Web.IHttpModule"
"""The role (`parsers/pe/clr/data/roles.csv`) of types that are managed modules."""

RESOLVER = "System.AppDomain::add_AssemblyResolve"
"""The call of code that supplies assemblies .NET does not find: what packs its own libraries makes it."""

FEWEST_COVERED = 4  # stock files that catalogues must list before they are taken to be those of this server
_MAX_ROWS = 3  # registrations shown before what was found in the file
_CUT = re.compile(r"past the end|expected")
_MICROSOFT = re.compile(r"\bmicrosoft\b", re.IGNORECASE)

Found = tuple[Component, Binary, Examination]


def examined(inventory: Inventory, *kinds: Kind) -> Iterator[Found]:
    """Yield the components of some kinds whose file was looked at."""
    for component in inventory.of(*kinds):
        binary = component.binary
        if binary is not None and binary.image is not None and binary.examination is not None:
            yield component, binary, binary.examination


def strangers(inventory: Inventory, *kinds: Kind) -> Iterator[Found]:
    """Yield those that neither the catalogue knows nor a trusted signature vouches for."""
    for component, binary, examination in examined(inventory, *kinds):
        if not is_known(component) and not is_vouched_for(examination):
            yield component, binary, examination


def files_of(component: Component) -> Iterator[tuple[Binary, Signature]]:
    """Yield the files of a component whose signature was judged: its own and its WOW64 twin."""
    for binary in (component.binary, component.twin):
        signature = None if binary is None or binary.examination is None else binary.examination.signature
        if binary is not None and signature is not None:
            yield binary, signature


def is_vouched_for(examination: Examination | None) -> bool:
    """Tell whether a trusted chain vouches for the file."""
    signature = None if examination is None else examination.signature
    return signature is not None and signature.is_trusted


def state_of(examination: Examination) -> SignatureState:
    """Return what is known of the signature."""
    return SignatureState.UNKNOWN if examination.signature is None else examination.signature.state


def names_microsoft(signature: Signature) -> bool:
    """Tell whether the signer's certificate says it is Microsoft's, which anybody can write into one of his own."""
    signer = signature.signer
    return signer is not None and any(_MICROSOFT.search(text) for text in (signer.common_name, signer.organization))


def catalogues_cover(inventory: Inventory, percent: int = 50) -> bool:
    """Tell whether the catalogues are those of this server: they list most stock files that were looked at."""
    stock = {b.path: b.examination for b in inventory.binaries if b.examination is not None and is_stock_place(b.path)}
    states = [state_of(examination) for examination in stock.values()]
    listed = states.count(SignatureState.CATALOGUE)
    return listed >= FEWEST_COVERED and listed * 100 >= percent * len(states)


def is_damaged(binary: Binary) -> bool:
    """Tell whether parts of a file are missing: the collection may have cut it."""
    return binary.image is None or any(_CUT.search(note) for note in binary.image.notes)


def events_of(examination: Examination) -> list[str]:
    """Return what it asks to be called for, each once."""
    return list(dict.fromkeys(f"post {s.event}" if s.post else s.event for s in examination.subscriptions))


def able(examination: Examination, *abilities: Ability) -> list[Capability]:
    """Return the capabilities of some abilities that it has."""
    return [c for c in examination.capabilities if c.ability in abilities]


def say(info: RuleInfo, component: Component, binary: Binary, weight: Weight, message: str, *more: Evidence) -> Finding:
    """Return a finding about what is in a file, weighed by where and whether the component is in force."""
    severity, confidence = weigh(component, weight)
    state = "" if component.effective else " (not in force)"
    evidence = [*registered(component)[:_MAX_ROWS], file_evidence(binary), *more]
    return finding(info, message + state, evidence, component, severity=severity, confidence=confidence)


def traced(binary: Binary, capabilities: Iterable[Capability], most: int = 2) -> list[Evidence]:
    """Return the first traces of each capability as evidence."""
    return [_evidence(binary, c.ability, trace) for c in capabilities for trace in c.traces[:most]]


def _evidence(binary: Binary, ability: Ability, trace: Trace) -> Evidence:
    place = f" in {trace.place}" if trace.place else ""
    note = f"{ability}: {trace.kind} {trace.text}{place}"
    return Evidence(Locator(binary.path, offset=trace.offset, origin=binary.origin), note)


def listed(words: Iterable[str]) -> str:
    """Return `one, two and three`."""
    *others, last = list(words) or [""]
    return f"{', '.join(others)} and {last}" if others else last
