"""IIS150: pictures, fonts, archives and other files without code that the server runs or compiles."""

import re
from collections.abc import Iterable, Iterator

from iisight.evidence import paths
from iisight.inventory.inventory import Inventory
from iisight.model.component import Component, Kind, Registration
from iisight.model.finding import Confidence, Finding, Severity
from iisight.model.rule import RuleInfo
from iisight.rules._common import Options, is_known
from iisight.rules.configuration._processes import is_runtime, is_shell, split_program
from iisight.rules.configuration._types import is_product_type
from iisight.rules.configuration._web_configs import in_system_web
from iisight.rules.configuration._weights import GRAVE, NOTED, ODD, UNKNOWN, Weight, tell

INFO = RuleInfo(
    id="IIS150",
    title="Static files run as code",
    severity=Severity.HIGH,
    confidence=Confidence.MEDIUM,
    mechanisms=("L-04", "L-05", "L-07", "L-08", "L-24"),
    attack=("T1505.004", "T1505.003"),
    options={
        "static": (
            *(".jpg", ".jpeg", ".png", ".gif", ".bmp", ".ico", ".svg", ".webp", ".tif", ".tiff"),
            *(".woff", ".woff2", ".ttf", ".otf", ".eot", ".mp3", ".mp4", ".avi", ".wav", ".swf"),
            *(".pdf", ".zip", ".rar", ".7z", ".gz", ".log", ".config"),
        ),
        "text": (".css", ".txt"),
        "markup": (".html", ".htm", ".xhtml", ".xml", ".js", ".json"),
    },
)

_HANDLERS = ("system.webServer/handlers", "system.web/httpHandlers")
_COMPILATION = "system.web/compilation"
_ENGINE_TYPE = re.compile(
    r"System\.Web\.(?:UI\.(?:PageHandlerFactory|SimpleHandlerFactory)"
    r"|(?:Script\.)?Services\.(?:Protocols\.WebServiceHandlerFactory|ScriptHandlerFactory)"
    r"|Compilation\.(?:Page|UserControl|MasterPage|WebHandler|WebService)BuildProvider"
    r"|WebPages\.Razor\.RazorBuildProvider)(?:\s*,|$)"
)
_ENGINE_FILES = frozenset({"asp.dll", "php5isapi.dll", "php4isapi.dll", "perlis.dll", "perlex30.dll", "ssinc.dll"})
_ASPNET = "aspnet_isapi.dll"
_PROCESSORS = (Kind.ISAPI_EXTENSION, Kind.CGI, Kind.FASTCGI)
_BY_CLASS = {"static": GRAVE, "text": UNKNOWN, "markup": NOTED}


def check(inventory: Inventory, options: Options) -> Iterable[Finding]:
    """Yield every handler and build provider that makes code of a file type which holds none."""
    for component in inventory.of(*_PROCESSORS, Kind.MANAGED_HANDLER, Kind.TYPE_REFERENCE):
        claimed = dict.fromkeys(ext for r in component.registrations for ext in _extensions(r))
        for name, weight in _BY_CLASS.items():
            listed = options[name]
            mapped = [ext for ext in claimed if isinstance(listed, tuple) and ext in listed]
            judged = _judge(component, weight) if mapped else None
            if judged is not None:
                what = f"{component.kind} '{component.name}' {judged[1]} files of type {', '.join(mapped)}"
                yield tell(INFO, component, judged[0], what)


def _extensions(registration: Registration) -> Iterator[str]:
    """Yield the file types a handler's path or a build provider's extension names."""
    attributes = dict(registration.attributes)
    if registration.section in _HANDLERS:
        yield from (paths.extension(path.strip()) for path in attributes.get("path", "").split(","))
    elif registration.section == _COMPILATION and "extension" in attributes:
        yield f".{attributes['extension'].strip().lower().lstrip('.')}"


def _judge(component: Component, weight: Weight) -> tuple[Weight, str] | None:
    """Weigh a mapping by what it hands the files to; own handlers of pictures are nobody's business."""
    if component.kind in _PROCESSORS:
        return _processor(component, weight)
    type_ = component.type or ""
    if _ENGINE_TYPE.match(type_):
        return weight, f"has {type_} run"
    provider = component.kind is Kind.TYPE_REFERENCE
    if not provider or weight is NOTED or is_known(component) or is_product_type(type_) or in_system_web(type_):
        return None
    return (ODD if weight is GRAVE else UNKNOWN), f"has {type_} compile"


def _processor(component: Component, weight: Weight) -> tuple[Weight, str] | None:
    image = component.image or ""
    program = split_program(image)[0] if component.kind is Kind.CGI else image
    if not program or is_shell(program):  # a shell is IIS115's
        return None
    said = f"has {program} run"
    name = paths.basename(program).lower()
    if name in _ENGINE_FILES or is_runtime(program):
        return weight, said
    if name == _ASPNET:  # what runs is for httpHandlers to say; classic pools guard downloads this way
        return NOTED, said
    return (UNKNOWN, said) if weight is GRAVE and component.kind is not Kind.ISAPI_EXTENSION else None
