"""Reports made by hand: one that a responder might meet, and parts to make others of."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime

from iisight.model.binary import Binary, Export, Image, Machine, Section, VersionInfo
from iisight.model.component import (
    CatalogueMatch,
    Component,
    ImageState,
    Kind,
    Presence,
    Registration,
    Verdict,
)
from iisight.model.config import Fate
from iisight.model.coverage import Gap, GapKind
from iisight.model.finding import Confidence, Evidence, Finding, Severity, Suppression
from iisight.model.locator import Locator
from iisight.model.report import SCHEMA_VERSION, Application, FileRead, Judged, Report, Site, Stated
from iisight.model.rule import RuleInfo

HOST = r"C:\Windows\System32\inetsrv\config\applicationHost.config"
SITE = r"C:\inetpub\wwwroot\web.config"
INETSRV = r"C:\Windows\System32\inetsrv"
SERVER = (Presence("", True),)

OUTSIDE = RuleInfo(
    "IIS101",
    "Native module outside the folders of IIS",
    Severity.HIGH,
    Confidence.MEDIUM,
    ("L-01",),
    options={"folders": ("C:\\Contoso", "D:\\Apps"), "limit": 3, "strict": True, "unit": "days"},
)
LOOKALIKE = RuleInfo("IIS205", "Name that imitates a stock module", Severity.CRITICAL, Confidence.HIGH, ("L-01",))
ISAPI = RuleInfo(
    "IIS104", "ISAPI component from a writable folder", Severity.MEDIUM, Confidence.MEDIUM, ("L-05",), ("T1505.004",)
)
DETAILED = RuleInfo("IIS901", "Detailed errors shown to remote clients", Severity.LOW, Confidence.HIGH, (), ())
RULES = (OUTSIDE, LOOKALIKE, ISAPI, DETAILED)


def component(name: str, kind: Kind = Kind.NATIVE_MODULE, image: str | None = None, **more: object) -> Component:
    """Return a component that is in force on the whole server unless `presence` says otherwise."""
    base = Component(
        id=f"{kind}:{name}:{(image or '').lower()}",
        kind=kind,
        mechanism="L-01",
        name=name,
        image=image,
        type=None,
        presence=SERVER,
    )
    return replace(base, **more)  # type: ignore[arg-type]


def judged(
    name: str,
    verdict: Verdict = Verdict.UNVERIFIED,
    *reasons: str,
    kind: Kind = Kind.NATIVE_MODULE,
    image: str | None = None,
    **more: object,
) -> Judged:
    """Return a component with its verdict."""
    return Judged(component(name, kind, image, **more), verdict, reasons)


def finding(message: str, rule: RuleInfo = OUTSIDE, *evidence: Evidence, **more: object) -> Finding:
    """Return a finding with its rule's severity and confidence unless `more` says otherwise."""
    base = Finding(rule.id, message, rule.severity, rule.confidence, evidence)
    return replace(base, **more)  # type: ignore[arg-type]


def report(
    components: Iterable[Judged] = (), findings: Iterable[Finding] = (), gaps: Iterable[Gap] = (), **more: object
) -> Report:
    """Return a report of a small server on which the sample rules were run."""
    base = Report(
        schema=SCHEMA_VERSION,
        version="0.1.0",
        evidence="WEB01-triage.zip",
        sites=(
            Site(
                "Default Web Site",
                ("http/*:80:", "https/*:443:portal.contoso.example"),
                (
                    Application("/", "DefaultAppPool", r"C:\inetpub\wwwroot"),
                    Application("/owa", "MSExchangeOWAAppPool", r"C:\Exchange\ClientAccess\owa"),
                ),
            ),
            Site("Intranet", ("http/*:8080:",), (Application("/", "Intranet", r"D:\Sites\Intranet"),)),
        ),
        files=(
            FileRead(HOST, "C/Windows/System32/inetsrv/config/applicationHost.config", "applicationHost.config"),
            FileRead(SITE, "C/inetpub/wwwroot/web.config", "web.config"),
            FileRead(r"D:\Sites\Intranet\web.config", "", "web.config", malformed=True),
        ),
        components=tuple(components),
        findings=tuple(findings),
        rules=RULES,
        gaps=tuple(gaps),
    )
    return replace(base, **more)  # type: ignore[arg-type]


def implant() -> Binary:
    """Return what a reader would say of a native module that imitates a stock one."""
    path = INETSRV + r"\httpIog.dll"
    image = Image(
        machine=Machine.X64,
        is_dll=True,
        is_managed=False,
        is_64bit=True,
        exports=(Export("RegisterModule", 1), Export(None, 7), Export("Old", 9, "OTHER.New")),
        imports=(("kernel32.dll", ("CreateProcessW", "#5")), ("httpapi.dll", ())),
        sections=(Section(".text", 4096, 4608, writable=False, executable=True),),
        version=VersionInfo(company="Contoso Señalización", original_name="httplog.dll"),
        timestamp=datetime(2031, 5, 4, 3, 2, 1, tzinfo=UTC),
        notes=("import directory: 1 name past the end",),
    )
    modified = datetime(2024, 3, 9, 2, 14, 7, 123456, tzinfo=UTC)
    return Binary(path, 48128, "3f" * 32, modified, image, origin="C/Windows/System32/inetsrv/httpIog.dll")


def sample() -> Report:
    """Return the report of a server with an implant, doubtful neighbours and gaps: ten components, six findings."""
    return report(_components(), _findings(), _gaps(), time="2024-03-11T08:00:00Z", stated=_stated())


def _stated() -> tuple[Stated, ...]:
    logging = "system.webServer/httpLogging"
    return (
        Stated("IIS", logging, "", "", (("dontLog", "false"),), Locator(HOST, 190, 9)),
        Stated("IIS", logging, "Intranet", "", (("dontLog", "true"),), Locator(HOST, 402, 13)),
        Stated("IIS", "system.webServer/defaultDocument", "", "files/clear", (), Locator(SITE, 12, 7), Fate.CLEARED),
    )


def _components() -> tuple[Judged, ...]:
    return (
        _implant_judged(),
        judged(
            "ContosoFilter",
            Verdict.SUSPICIOUS,
            "IIS104: 'ContosoFilter' is loaded from C:\\ProgramData\\Contoso\\Filters\\2024\\cfilter.dll, "
            "which ordinary accounts may write",
            kind=Kind.ISAPI_FILTER,
            image=r"C:\ProgramData\Contoso\Filters\2024\cfilter.dll",
            presence=(Presence("Default Web Site", True), Presence("Default Web Site/owa", True)),
            image_state=ImageState.MISSING,
        ),
        judged(
            "AuthGate",
            Verdict.SUSPICIOUS,
            "IIS101: 'AuthGate' is a type of an assembly that was put into bin after the application",
            kind=Kind.MANAGED_MODULE,
            type="Contoso.Web.Security.Authentication.AuthGateModule, Contoso.Web.Security, Version=1.0.0.0",
            presence=(Presence("Default Web Site/owa", True),),
        ),
        judged(
            "NewRelicModule",
            Verdict.UNVERIFIED,
            "not in the catalogue",
            image=r"C:\Program Files\New Relic\.NET Agent\netframework\NewRelic.Module.dll",
        ),
        judged(
            "ReportViewerWebControlHandler",
            Verdict.UNVERIFIED,
            "not in the catalogue",
            kind=Kind.MANAGED_HANDLER,
            type="Microsoft.Reporting.WebForms.HttpHandler, Microsoft.ReportViewer.WebForms",
            presence=(Presence("Intranet", True),),
        ),
        judged("OldCgi", Verdict.UNVERIFIED, kind=Kind.CGI, image=r"D:\Sites\cgi\old.exe", presence=()),
        judged("TraceAgent", Verdict.TRUSTED, "iisight.toml: trust 1: our monitoring", image=r"C:\Agents\trace.dll"),
        judged(
            "HttpLoggingModule",
            Verdict.KNOWN,
            "name, image as IIS has it",
            image=INETSRV + r"\loghttp.dll",
            image_state=ImageState.NOT_COLLECTED,
            match=CatalogueMatch("IIS", "core", "Microsoft documentation", ("name", "image"), ("precondition",), "x"),
        ),
        judged("StaticFileModule", Verdict.KNOWN, image=INETSRV + r"\static.dll"),
        judged("DefaultDocumentModule", Verdict.KNOWN, image=INETSRV + r"\defdoc.dll"),
    )


def _implant_judged() -> Judged:
    attributes = (("name", "HttpLogginqModule"), ("image", r"%windir%\System32\inetsrv\httpIog.dll"))
    return judged(
        "HttpLogginqModule",
        Verdict.MALICIOUS,
        "IIS205: 'HttpLogginqModule' differs by one letter from the stock module 'HttpLoggingModule'",
        "IIS101: 'HttpLogginqModule' is registered by no installer that is known",
        image=INETSRV + r"\httpIog.dll",
        registrations=(
            Registration(Locator(HOST, 214, 13), "system.webServer/globalModules", "", attributes),
            Registration(
                Locator(SITE, 9), "system.webServer/modules", "x", (), Fate.REMOVED, Locator(SITE, 12, 5), "<remove>"
            ),
        ),
        presence=(Presence("", True), Presence("Intranet", False, Locator(SITE, 12, 5), "removed")),
        pools=("DefaultAppPool",),
        image_state=ImageState.READ,
        binary=implant(),
    )


def _findings() -> tuple[Finding, ...]:
    registered = Evidence(
        Locator(HOST, 214, 13, origin="C/Windows/System32/inetsrv/config/applicationHost.config"),
        r'system.webServer/globalModules: name="HttpLogginqModule" image="%windir%\System32\inetsrv\httpIog.dll"',
    )
    binary = Evidence(Locator(INETSRV + r"\httpIog.dll", offset=0x1A40), "sha256 " + "3f" * 32)
    gate = Evidence(Locator(r"C:\Exchange\ClientAccess\owa\web.config", 88, 9), "modules: add AuthGate")
    return (
        finding(
            "'HttpLogginqModule' differs by one letter from the stock module 'HttpLoggingModule', and its file "
            r"C:\Windows\System32\inetsrv\httpIog.dll is none that IIS installs",
            LOOKALIKE,
            registered,
            binary,
            components=(_implant_judged().component.id,),
            fingerprint="0123456789abcdef",
        ),
        finding("'HttpLogginqModule' is registered by no installer that is known", OUTSIDE, registered),
        finding(
            "'AuthGate' is a type of an assembly that was put into bin after the application",
            OUTSIDE,
            gate,
            confidence=Confidence.LOW,
            scope="Default Web Site/owa",
        ),
        finding(
            r"'ContosoFilter' is loaded from C:\ProgramData\Contoso\Filters\2024\cfilter.dll, which ordinary "
            "accounts may write",
            ISAPI,
            Evidence(Locator(HOST, 301, 5), "isapiFilters: filter ContosoFilter"),
        ),
        finding(
            "errors are shown in full to remote clients", DETAILED, Evidence(Locator(SITE, 31, 7)), scope="Intranet"
        ),
        finding(
            "'TraceAgent' is loaded from C:\\Agents\\trace.dll",
            OUTSIDE,
            Evidence(Locator(HOST, 220, 13)),
            suppressed=Suppression("our monitoring, ticket 4711", "iisight.toml: ignore 1"),
        ),
    )


def _gaps() -> tuple[Gap, ...]:
    return (
        Gap(GapKind.MALFORMED, r"D:\Sites\Intranet\web.config", "line 14: end tag 'modules' without a start"),
        Gap(GapKind.MISSING, r"C:\ProgramData\Contoso\Filters\2024\cfilter.dll", "named by configuration"),
        Gap(GapKind.MISSING, INETSRV, "binaries were not collected from there", 41),
    )
