"""The laws of comparing two reports: nothing differs from itself, both directions mirror, order means nothing."""

from collections import Counter
from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from iisight.engine.compare import compare
from iisight.model.binary import Binary
from iisight.model.comparison import Change, Turn
from iisight.model.component import ImageState, Kind, Presence, Registration, Verdict
from iisight.model.config import Fate
from iisight.model.coverage import Gap, GapKind
from iisight.model.examination import Examination
from iisight.model.finding import Evidence, Suppression
from iisight.model.locator import Locator
from iisight.model.report import Judged, Report, Stated
from iisight.model.signature import Signature, SignatureState
from tests.builders import reports
from tests.builders.reports import HOST, SITE

laws = settings(max_examples=100, deadline=None)

names = st.sampled_from(("A", "B"))
scopes = st.sampled_from(("", "Default Web Site", "Default Web Site/owa"))
places = st.builds(Locator, st.sampled_from((HOST, SITE, r"C:\gone\web.config")), st.integers(1, 3))
attributes = st.sampled_from(((), (("name", "A"),), (("name", "A"), ("preCondition", "bitness64"))))
sections = st.sampled_from(("system.webServer/modules", "system.webServer/httpLogging"))
fates = st.sampled_from((Fate.ACTIVE, Fate.REMOVED))
rows = st.builds(Registration, places, sections, scopes, attributes, fates)
files = st.sampled_from((r"C:\Windows\a.dll", r"C:\Odd\b.dll"))
signatures = st.builds(Signature, st.sampled_from(SignatureState), st.just("so it is"))
examinations = st.none() | st.builds(Examination, signature=st.none() | signatures)


@st.composite
def judged(draw: st.DrawFn) -> Judged:
    image = draw(files)
    state = draw(st.sampled_from((ImageState.READ, ImageState.MISSING, ImageState.NOT_COLLECTED)))
    file = Binary(image, 1, draw(st.sampled_from("ab")) * 64, None, None, examination=draw(examinations))
    by_scope = draw(st.dictionaries(scopes, st.booleans(), max_size=3))
    return reports.judged(
        draw(names),
        draw(st.sampled_from(Verdict)),
        kind=draw(st.sampled_from((Kind.NATIVE_MODULE, Kind.CGI))),
        image=image,
        registrations=tuple(draw(st.lists(rows, max_size=3))),
        presence=tuple(Presence(scope, there) for scope, there in by_scope.items()),
        image_state=state,
        binary=file if state is ImageState.READ else None,
    )


@st.composite
def whole_reports(draw: st.DrawFn) -> Report:
    components = draw(st.lists(judged(), max_size=4, unique_by=lambda j: j.component.id))
    silent = st.none() | st.just(Suppression("ours", "here"))
    evidence = st.builds(lambda place: (Evidence(place),), places)
    about = st.sampled_from(((), *(((j.component.id,)) for j in components)))
    findings = st.builds(
        lambda text, ids, proof, suppressed: replace(
            reports.finding(text, components=ids, suppressed=suppressed), evidence=proof
        ),
        *(names, about, evidence, silent),
    )
    said = st.builds(Stated, st.just("IIS"), sections, scopes, names, attributes, places, fates)
    subjects = st.sampled_from((SITE, r"C:\Windows", r"C:\Odd", "IIS: modules"))
    gaps = st.builds(Gap, st.sampled_from((GapKind.MISSING, GapKind.FAILED)), subjects, names, st.integers(1, 2))
    base = reports.report(
        components, draw(st.lists(findings, max_size=3)), draw(st.lists(gaps, max_size=2, unique=True))
    )
    kept = draw(st.lists(st.sampled_from(base.files), unique=True))
    stated = draw(st.none() | st.lists(said, max_size=4).map(tuple))
    mapping = draw(st.sampled_from(("folders", "a single file")))
    version = draw(st.sampled_from(("0.1.0", "0.2.0")))
    return replace(base, files=tuple(kept), stated=stated, version=version, mapping=mapping)


def essence(change: Change) -> tuple[object, ...]:
    return change.turn, change.topic, change.old, change.new


def mirrored(change: Change) -> tuple[object, ...]:
    turn = {Turn.ADDED: Turn.REMOVED, Turn.REMOVED: Turn.ADDED}.get(change.turn, change.turn)
    return turn, change.topic, change.new, change.old


@laws
@given(whole_reports())
def test_nothing_differs_from_itself(report: Report) -> None:
    assert compare(report, report).changes == ()


@laws
@given(whole_reports(), whole_reports())
def test_the_other_direction_is_the_mirror(one: Report, other: Report) -> None:
    there = Counter(map(essence, compare(one, other).changes))
    back = Counter(map(mirrored, compare(other, one).changes))
    assert there == back


def turned(report: Report) -> Report:
    """Return a report with everything in it in the other order."""

    def judged_other_way(found: Judged) -> Judged:
        component = found.component
        rows, presence = component.registrations[::-1], component.presence[::-1]
        return replace(found, component=replace(component, registrations=rows, presence=presence))

    return replace(
        report,
        components=tuple(judged_other_way(j) for j in reversed(report.components)),
        findings=report.findings[::-1],
        gaps=report.gaps[::-1],
        files=report.files[::-1],
        sites=report.sites[::-1],
        rules=report.rules[::-1],
        stated=None if report.stated is None else report.stated[::-1],
    )


@laws
@given(whole_reports(), whole_reports())
def test_order_means_nothing(one: Report, other: Report) -> None:
    assert compare(turned(one), turned(other)) == compare(one, other)


@laws
@given(whole_reports(), whole_reports())
def test_every_change_has_an_id_of_its_own_and_a_sentence(one: Report, other: Report) -> None:
    changes = compare(one, other).changes
    assert len({c.id for c in changes}) == len(changes)
    assert all(c.what and (c.old or c.new) for c in changes)
