"""IIS144: an error page that is run, and lies or looks like no error page."""

from collections.abc import Iterable

from iisight.evidence import paths
from iisight.inventory.inventory import Inventory
from iisight.model.component import Component, Kind
from iisight.model.finding import Confidence, Finding, Severity
from iisight.model.rule import RuleInfo
from iisight.rules._common import Options
from iisight.rules.configuration._weights import NOTED, ODD, Weight, tell

INFO = RuleInfo(
    id="IIS144",
    title="Error page that runs odd content",
    severity=Severity.MEDIUM,
    confidence=Confidence.MEDIUM,
    mechanisms=("L-32",),
    attack=("T1505.004", "T1505.003"),
    options={
        "extensions": (
            *(".aspx", ".asp", ".php", ".cfm", ".jsp", ".ashx", ".cshtml", ".vbhtml", ".mvc", ".do", ".action"),
            *(".axd", ".pl", ".py", ".cgi", ".rails", ".castle", ".shtml", ".stm", ".svc"),
        ),
        "static": (
            *(".png", ".jpg", ".jpeg", ".gif", ".svg", ".ico", ".webp", ".bmp", ".css", ".js", ".pdf"),
            *(".woff", ".woff2", ".mp4", ".zip"),
        ),
        "folders": (
            *("upload", "uploads", "userfiles", "temp", "tmp", "images", "image", "img", "css", "fonts", "cache"),
            *("aspnet_client", "app_data"),
        ),
        "programs": (".exe", ".dll", ".com", ".bat", ".cmd", ".ps1", ".vbs", ".scr", ".config", ".tmp", ".log", ".dat"),
    },
)

_MAX_URL = 4_096
_ERRORS = "system.webServer/httpErrors"


def check(inventory: Inventory, options: Options) -> Iterable[Finding]:
    """Yield every error page in a folder that holds no pages, or of a kind that is none."""
    for component in inventory.of(Kind.ERROR_PAGE):
        judged = _judge(component, component.arguments[:_MAX_URL], options)
        if judged is not None:
            weight, why = judged
            yield tell(INFO, component, weight, f"{component.name} runs {component.arguments[:_MAX_URL]}, {why}")


def _judge(component: Component, url: str, options: Options) -> tuple[Weight, str] | None:
    path = url.partition("?")[0].strip().lstrip("~")
    extension = paths.extension(path)
    if extension in _listed(options, "static"):
        return (ODD, f"a file of the kind '{extension}', which no server runs") if _is_run(component, options) else None
    odd = [part for part in path.lower().split("/")[:-1] if part in _listed(options, "folders")]
    if odd and extension:
        return ODD, f"a script in the folder '{odd[0]}'"
    if extension in _listed(options, "programs"):
        return ODD, f"a file of the kind '{extension}'"
    if extension and extension not in _listed(options, "extensions"):
        return NOTED, f"a file of the kind '{extension}'"
    return None


def _is_run(component: Component, options: Options) -> bool:
    """Tell whether IIS runs the page, and not only in a folder of pictures, where one may stand for what is missing."""
    rows = [r for r in component.registrations if r.section == _ERRORS]
    folders = set(_listed(options, "folders"))
    return any(folders.isdisjoint(row.scope.lower().split("/")[1:]) for row in rows)


def _listed(options: Options, name: str) -> tuple[str, ...]:
    value = options[name]
    return value if isinstance(value, tuple) else ()
