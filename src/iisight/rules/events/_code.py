"""Code that an event says was registered: what it is, where it lies, and what the catalogue knows of it."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

from iisight.catalogue.lookup import catalogue
from iisight.catalogue.schema import code_attributes
from iisight.evidence import paths
from iisight.model.activity import Act, Action, Activity
from iisight.model.component import CatalogueMatch, Kind
from iisight.model.finding import Confidence, Severity
from iisight.rules._common import Place, place_of
from iisight.rules._events import actions
from iisight.rules.configuration._processes import split_program
from iisight.rules.configuration._weights import Weight, lowered

GATE = "system.webServer/security/isapiCgiRestriction"
HANDLERS = "system.webServer/handlers"
LOW: Weight = (Severity.LOW, Confidence.LOW)

_KINDS = {
    "system.webserver/globalmodules": (Kind.NATIVE_MODULE, "native module"),
    "system.webserver/modules": (Kind.MANAGED_MODULE, "managed module"),
    "system.web/httpmodules": (Kind.MANAGED_MODULE, "managed module"),
    "system.webserver/isapifilters": (Kind.ISAPI_FILTER, "ISAPI filter"),
    "system.webserver/handlers": (Kind.ISAPI_EXTENSION, "handler"),
    "system.web/httphandlers": (Kind.MANAGED_HANDLER, "handler"),
    "system.webserver/httpcompression": (Kind.COMPRESSION, "compression scheme"),
    "system.webserver/fastcgi": (Kind.FASTCGI, "FastCGI application"),
    "moduleproviders": (Kind.MANAGER_PROVIDER, "IIS Manager provider"),
}
_VARIABLES = ("cor_", "coreclr_", "dotnet_", "complus_", "aspnetcore_hostingstartup", "appdomain_manager_")


@dataclass(frozen=True, slots=True)
class Code:
    """One registration that names code."""

    action: Action
    kind: Kind | None
    label: str  # `native module 'X'`
    image: str = ""  # Windows path with its variables replaced; empty for a .NET type
    type: str = ""

    @property
    def shown(self) -> str:
        """Return the code as a person names it."""
        return self.image or self.type

    @property
    def place(self) -> Place | None:
        """Return what the image's folder is for; None for a .NET type or a bare file name."""
        return place_of(self.image) if self.image and paths.is_absolute(self.image) else None


def registered(activity: Activity) -> Iterator[Code]:
    """Yield what is registered; entries of the restriction list and environment variables are other rules' matter."""
    for action in actions(activity, Act.REGISTER):
        others = action.section.lower() == GATE.lower() or is_variable(action.name)
        if action.code and not others and action.code.lower() not in _stock_values(action.section.lower()):
            yield code_of(action)


@cache
def _stock_values(section: str) -> frozenset[str]:
    """Return what the code-bearing attributes of a section are on a stock server: `webengine4.dll`."""
    facts = (fact for fact in code_attributes() if fact.section.lower() == section)
    return frozenset(value.lower() for fact in facts for value in fact.stock)


def code_of(action: Action) -> Code:
    """Return the code that a registration names."""
    kind, what = _KINDS.get(action.section.lower(), (None, f"entry of {action.section or 'the configuration'}"))
    label = f"{what} '{action.name}'" if action.name else what
    if not is_path(action.code):
        if kind is Kind.ISAPI_EXTENSION:
            kind = Kind.MANAGED_HANDLER
        return Code(action, kind, label, type=action.code.strip())
    return Code(action, kind, label, expanded(action.code))


def is_path(code: str) -> bool:
    """Tell whether code is named by a file and not by a .NET type or a class id."""
    text = code.strip().strip("\"'").lower()
    return "\\" in text or "%" in text or text.endswith((".dll", ".exe", ".ocx"))


def expanded(code: str) -> str:
    """Return the program that code names: without quotes and arguments, with Windows' own variables replaced."""
    program = split_program(code.partition("|")[0])[0] or code
    return paths.normal(paths.expand(program.strip("\"'"), _variables()))


@cache
def _variables() -> dict[str, str]:
    return paths.default_variables()


def is_variable(name: str) -> bool:
    """Tell whether this is an environment variable that makes the CLR load code."""
    return name.lower().rpartition(".")[2].startswith(_VARIABLES)


def match_of(code: Code) -> CatalogueMatch | None:
    """Return what the catalogue knows of it. An event tells neither precondition nor all of the scope."""
    if code.kind is None:
        return None
    image = code.image or None
    return catalogue().match(code.kind, code.action.name, image, code.type or None, "", code.action.scope)


def is_stock(code: Code) -> bool:
    """Tell whether name and code are those of a known component."""
    match = match_of(code)
    return match is not None and not _DEED & set(match.differs)


_DEED = frozenset({"name", "image", "type"})


def wears_stock_name(code: Code) -> CatalogueMatch | None:
    """Return the match of a known component under whose name other code was registered."""
    match = match_of(code)
    if match is None or "name" not in match.agrees or not {"image", "type"} & set(match.differs):
        return None
    return match


def is_stock_code(code: Code) -> CatalogueMatch | None:
    """Return the match of known code that was registered under another name."""
    match = match_of(code)
    return match if match is not None and "name" in match.differs and match.agrees else None


def weighed(weight: Weight, *, installer: str = "", failed: bool = False) -> Weight:
    """Return what is left of a weight when an installer was at work, or the change was refused."""
    severity, confidence = LOW if installer else weight
    return (lowered(severity) if failed else severity), confidence
