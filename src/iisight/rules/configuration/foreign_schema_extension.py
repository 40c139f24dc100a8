"""IIS132: a COM class that a configuration schema makes every reader of the configuration create."""

from collections.abc import Iterable

from iisight.inventory.inventory import Inventory
from iisight.model.component import Component, Kind
from iisight.model.finding import Confidence, Finding, Severity
from iisight.model.rule import RuleInfo
from iisight.rules._common import Options, is_known
from iisight.rules.configuration._weights import GRAVE, PROOF, tell

INFO = RuleInfo(
    id="IIS132",
    title="Foreign COM class in the configuration schema",
    severity=Severity.HIGH,
    confidence=Confidence.HIGH,
    mechanisms=("L-23",),
    attack=("T1505.004", "T1546.015"),
    options={
        "stock_files": (
            *(
                "iis_schema.xml",
                "aspnet_schema.xml",
                "fx_schema.xml",
                "rscaext.xml",
                "ftp_schema.xml",
                "wcf_schema.xml",
            ),
            *("ftp_rscaext.xml", "webdav_schema.xml", "rewrite_schema.xml", "arr_schema.xml", "webfarm_schema.xml"),
            *("aspnetcore_schema.xml", "aspnetcore_schema_v2.xml", "httpplatform_schema.xml", "dbmanager_schema.xml"),
        )
    },
)


def check(inventory: Inventory, options: Options) -> Iterable[Finding]:
    """Yield every extension class that is not one of Microsoft's own."""
    stock = options["stock_files"]
    files = stock if isinstance(stock, tuple) else ()
    for component in inventory.of(Kind.SCHEMA_EXTENSION):
        if not is_known(component):
            changed = [f for f in _files(component) if f.lower() in files]
            what = f"{changed[0]}, a file of Microsoft's, has" if changed else f"{', '.join(_files(component))} has"
            message = f"{what} every process that reads the configuration create the COM class {component.name}"
            yield tell(INFO, component, PROOF if changed else GRAVE, message)


def _files(component: Component) -> list[str]:
    return sorted({r.section for r in component.registrations})
