"""IL of managed stubs: built by mcs from sources beside them, optimised and not; what is expected stands here."""

from pathlib import Path

import pytest

from iisight.model.examination import Assembly, Subscription
from iisight.parsers.pe.clr import examine_assembly
from iisight.workbench.pe import PeSpec, build

STUBS = Path(__file__).parents[1] / "stubs" / "managed"
EVENTS = (
    *("BeginRequest", "AuthenticateRequest", "PostAuthenticateRequest", "AuthorizeRequest", "PostAuthorizeRequest"),
    *("ResolveRequestCache", "PostResolveRequestCache", "MapRequestHandler", "PostMapRequestHandler"),
    *("AcquireRequestState", "PostAcquireRequestState", "PreRequestHandlerExecute", "PostRequestHandlerExecute"),
    *("ReleaseRequestState", "PostReleaseRequestState", "UpdateRequestCache", "PostUpdateRequestCache", "LogRequest"),
    *("PostLogRequest", "EndRequest", "PreSendRequestHeaders", "PreSendRequestContent", "RequestCompleted", "Error"),
    "Disposed",
)
STYLES = {  # type → (event, method) of each subscription; the method without its type when it is of the same one
    "Lambda": [("BeginRequest", "<Init>m__0")],
    "Anonymous": [("EndRequest", "<Init>m__0")],
    "Closure": [("LogRequest", "Stub.Closure+<Init>c__AnonStorey0::<>m__0")],
    "Static": [("Error", "OnError")],
    "Helper": [("PostLogRequest", "OnAgain"), ("PostLogRequest", "OnLog")],
    "Local": [("BeginRequest", "OnBoth"), ("EndRequest", "OnBoth")],
    "Chosen": [("BeginRequest", "OnOne"), ("BeginRequest", "OnOther")],
    "Kept": [("PreSendRequestContent", "OnKept")],
    "Returned": [("AuthorizeRequest", "OnMade")],
    "Field": [("MapRequestHandler", "OnMap")],
    "Explicit": [("AcquireRequestState", "OnState")],
    "Base": [("AuthenticateRequest", "OnAuthenticate")],
    "Generic`1": [("UpdateRequestCache", "OnUpdate")],
    "Asynchronous": [("BeginRequest", "Begin"), ("PostLogRequest", "Begin")],
    "Tasks": [("EndRequest", "OnTask")],
    "Removes": [],
    "Silent": [],
    "Unknown": [("PostMapRequestHandler", "")],
    "Holder+Nested": [("PreSendRequestHeaders", "OnHeaders")],
    "Global": [
        ("PostAuthorizeRequest", "OnPost"),
        ("ApplicationStart", "Application_Start"),
        ("BeginRequest", "Application_BeginRequest"),
        ("EndRequest", "Application_OnEndRequest"),
    ],
}
PLACES = {
    "Closure": "Stub.Closure::Init",
    "Helper": "Stub.Helper::Subscribe",
    "Field": "Stub.Field::Subscribe",
    "Explicit": "Stub.Explicit::System.Web.IHttpModule.Init",
    "Holder+Nested": "Stub.Holder+Nested::Init",
}


def look(name: str) -> tuple[Assembly, tuple[Subscription, ...], tuple[str, ...]]:
    assembly, subscriptions, notes, _ = examine_assembly((STUBS / f"{name}.dll").read_bytes())
    assert assembly is not None
    return assembly, subscriptions, notes


@pytest.fixture(params=("release", "debug"))
def kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def test_every_event_is_read_with_its_method(kind: str) -> None:
    _, subscriptions, notes = look(f"Events.{kind}")
    read = [(s.event, s.method) for s in subscriptions]
    assert (read, notes) == ([(event, f"Stub.Events::On{event}") for event in EVENTS], ())


@pytest.mark.parametrize("name", STYLES)
def test_a_style_is_read_with_its_methods(kind: str, name: str) -> None:
    _, subscriptions, notes = look(f"Styles.{kind}")
    own = f"Stub.{name}"
    read = [(s.event, s.method.removeprefix(f"{own}::")) for s in subscriptions if s.place.startswith(f"{own}::")]
    assert (read, notes) == (STYLES[name], ())


@pytest.mark.parametrize("name", PLACES)
def test_the_place_is_the_method_that_subscribes(kind: str, name: str) -> None:
    _, subscriptions, _ = look(f"Styles.{kind}")
    places = {s.place.partition("+0x")[0] for s in subscriptions}
    assert PLACES[name] in places


def test_a_delegate_that_roslyn_keeps_in_a_field_is_read() -> None:
    events = "A.B: BeginRequest, EndRequest, LogRequest"
    module = ("A.B", "System.Object", ("System.Web.IHttpModule",))
    data = build(PeSpec(managed=True, assembly="A", types=(module,), subscribes=(events,)))
    start = data.index(b"\x03\x02\xfe\x06")  # ldarg.1, ldarg.0, ldftn
    made, subscribed = data[start + 2 : start + 13], data[start + 13 : start + 18]  # ldftn, newobj; callvirt
    kept = bytes.fromhex("01000004")
    cached = b"\x7e" + kept + b"\x25\x2d\x17\x26" + b"\x7e" + kept + made + b"\x25\x80" + kept
    code = (b"\x03" + cached + subscribed).ljust(54, b"\0")
    _, subscriptions, _, _ = examine_assembly(data[:start] + code + data[start + 54 :])
    assert [(s.event, s.method, s.place) for s in subscriptions] == [
        ("BeginRequest", "A.B::OnBeginRequest", "A.B::Init+0x20")
    ]


def test_no_subscription_is_of_another_type(kind: str) -> None:
    _, subscriptions, _ = look(f"Styles.{kind}")
    assert len(subscriptions) == sum(map(len, STYLES.values()))


def test_the_offset_is_that_of_the_call() -> None:
    _, subscriptions, _ = look("Events.release")
    assert subscriptions[0].place == "Stub.Events::Init+0xd"


def test_roles_come_through_bases_and_interfaces(kind: str) -> None:
    assembly, _, _ = look(f"Roles.{kind}")
    assert {t.name: t.roles for t in assembly.types} == {
        "Stub.ThroughInterface": ("System.Web.IHttpModule",),
        "Stub.Handler": ("System.Web.IHttpHandler",),
        "Stub.Paths": ("System.Web.Hosting.VirtualPathProvider",),
        "Stub.Roles": ("System.Web.Security.RoleProvider",),
    }


def test_an_attribute_comes_with_its_arguments(kind: str) -> None:
    assembly, _, _ = look(f"Roles.{kind}")
    arguments = {a.type: a.arguments for a in assembly.attributes}
    assert arguments["System.Web.PreApplicationStartMethodAttribute"] == ("Stub.Start", "Run")


def test_references_come_with_version_and_token() -> None:
    assembly, _, _ = look("Roles.release")
    assert [(r.name, r.version, r.public_key_token) for r in assembly.references] == [
        ("mscorlib", "4.0.0.0", "b77a5c561934e089"),
        ("System.Web", "4.0.0.0", "b03f5f7f11d50a3a"),
        ("System.Web.ApplicationServices", "4.0.0.0", "31bf3856ad364e35"),
    ]


def test_stubs_are_plain() -> None:
    assembly, _, _ = look("Styles.release")
    assert (assembly.is_mixed, assembly.obfuscation, assembly.native_imports, assembly.calls) == (False, (), (), ())
