"""The text report: what it says first, what it folds, and that hostile text does nothing to a terminal."""

import io
import re
import subprocess
import sys

import pytest

from iisight.model.component import Kind, Presence, Verdict
from iisight.model.coverage import Gap, GapKind
from iisight.model.finding import Evidence, Suppression
from iisight.model.locator import Locator
from iisight.model.report import Judged, Report
from iisight.report.component_table import where
from iisight.report.layout import cells, clip, pad, wrap
from iisight.report.safe import encodable, escape
from iisight.report.text import answer, write
from tests.builders.reports import DETAILED, INETSRV, ISAPI, OUTSIDE, component, finding, judged, report, sample

HOSTILE = "a\x00\x1b[31m\r\n\x7f\x9b\xad\u200b\u202e\u2028\u2066\ud800\U000e0041[red]b"
WRITTEN_OUT = r"a\x00\x1b[31m\x0d\x0a\x7f\x9b\xad\u200b\u202e\u2028\u2066\ud800\U000e0041[red]b"  # markup is only text


def text(shown: Report, *, width: int = 80, color: bool = False, everything: bool = False) -> str:
    stream = io.StringIO()
    write(shown, stream, width=width, color=color, everything=everything)
    return stream.getvalue()


def section(shown: str, title: str) -> list[str]:
    """Return the lines of one section without its title."""
    after = shown.split(f"\n{title} -", 1)[1].split("\n", 2)[2]
    return re.split(r"\n\n[A-Z][a-z]+ -{9}", after)[0].splitlines()


def hostile() -> Report:
    place = Locator(HOSTILE, 1, origin=HOSTILE)
    known = judged(HOSTILE, Verdict.MALICIOUS, HOSTILE, image=HOSTILE, presence=(Presence(HOSTILE, True),))
    typed = judged(HOSTILE, Verdict.SUSPICIOUS, type=HOSTILE, server=HOSTILE)
    findings = (
        finding(HOSTILE, OUTSIDE, Evidence(place, HOSTILE), scope=HOSTILE),
        finding(HOSTILE, rule=ISAPI, suppressed=Suppression(HOSTILE, HOSTILE)),
    )
    gaps = (Gap(GapKind.FAILED, HOSTILE, HOSTILE),)
    return report((known, typed), findings, gaps, evidence=HOSTILE, version=HOSTILE, time=HOSTILE)


def test_an_escaped_text_shows_what_would_not_be_seen() -> None:
    assert escape(HOSTILE) == WRITTEN_OUT


def test_escaping_twice_changes_nothing() -> None:
    assert escape(escape(HOSTILE)) == escape(HOSTILE)


@pytest.mark.parametrize("seen", ["é", "漢字", "НttpModule", r"C:\x1b\u202e", "🙂"])
def test_what_can_be_seen_stays(seen: str) -> None:
    assert escape(seen) == seen


@pytest.mark.parametrize("unseen", ["\xa0", "\u3164", "\ufe0f", "\ue000", "\u034f", "\u2800"])
def test_a_character_that_looks_like_nothing_is_written_out(unseen: str) -> None:
    assert escape(unseen).startswith("\\")


def test_what_an_encoding_does_not_have_is_written_out() -> None:
    assert encodable("é漢", "cp1252") == r"é\u6f22"


@pytest.mark.parametrize("everything", [False, True])
def test_no_hostile_character_reaches_a_log(everything: bool) -> None:
    assert {c for c in text(hostile(), everything=everything) if not c.isprintable()} == {"\n"}


def test_colors_are_the_only_control_sequences() -> None:
    assert re.findall(r"\x1b(?!\[[0-9;]*m)|[^\x1b\n -~]", text(hostile(), color=True)) == []


def test_the_words_are_the_same_with_color_and_without() -> None:
    assert re.sub(r"\x1b\[[0-9;]*m", "", text(hostile(), color=True)) == text(hostile())


def test_color_is_there_when_asked_for() -> None:
    assert "\x1b[1;31mmalicious" in text(sample(), color=True)


def test_color_does_not_ask_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    monkeypatch.setenv("TERM", "dumb")
    assert "\x1b[1;31mmalicious" in text(sample(), color=True)


@pytest.mark.parametrize("color", [False, True])
def test_a_stream_that_knows_ascii_alone_takes_everything(color: bool) -> None:
    raw = io.BytesIO()
    stream = io.TextIOWrapper(raw, encoding="ascii", newline="\n")
    write(report(evidence="Señal.zip"), stream, color=color)
    stream.flush()
    assert rb"Se\xf1al.zip" in raw.getvalue()


def test_the_decoration_is_ascii() -> None:
    assert text(sample(), everything=True).isascii()


@pytest.mark.parametrize("width", [60, 80, 132])
def test_a_table_row_keeps_to_the_width(width: int) -> None:
    wide = [
        judged("漢" * 60, kind=Kind.DATABASE_PROVIDER, image="C:\\" + "字" * 90, presence=(Presence("x" * 90, True),))
    ]
    rows = section(text(report(wide), width=width), "Components")[:2]
    assert max(map(cells, rows)) <= width


def test_no_line_ends_with_a_space() -> None:
    assert re.search(" $", text(sample(), everything=True), re.MULTILINE) is None


def test_a_long_path_keeps_its_end() -> None:
    assert clip(r"C:\Program Files\Contoso\Web\Modules\contoso.dll", 32) == r"C:\Prog...eb\Modules\contoso.dll"


def test_a_narrow_column_shows_the_end_alone() -> None:
    assert clip(r"C:\Contoso\Web\contoso.dll", 14) == "...contoso.dll"


def test_padding_counts_columns_and_not_characters() -> None:
    assert pad("漢字", 6) == "漢字  "


def test_marks_that_take_no_room_do_not_make_a_cell_endless() -> None:
    assert len(clip("a" + "\u0301" * 10_000, 20)) <= 40


def test_a_word_longer_than_the_line_stays_whole() -> None:
    assert list(wrap(r"loaded from C:\Contoso\contoso.dll now", 12)) == [
        "loaded from",
        r"C:\Contoso\contoso.dll",
        "now",
    ]


@pytest.mark.parametrize(
    ("presence", "place"),
    [
        ((Presence("", True),), "server"),
        ((Presence("", True), Presence("a", False)), "server, 1 off"),
        ((Presence("Default Web Site", True),), "Default Web Site"),
        ((Presence("a", True), Presence("b", True), Presence("c", True)), "3 scopes"),
        ((Presence("", False),), "nowhere"),
        ((), "nowhere"),
    ],
    ids=["server", "but-one", "site", "many", "removed", "never"],
)
def test_the_place_is_told_in_a_few_words(presence: tuple[Presence, ...], place: str) -> None:
    assert where(component("A", presence=presence)) == place


def test_a_component_of_no_pool_is_in_force_nowhere() -> None:
    assert where(component("A", pools=())) == "nowhere"


def test_another_server_than_iis_is_named() -> None:
    assert where(component("A", server="IIS Express")) == "IIS Express: server"


def test_a_name_with_hidden_characters_is_whole_below_a_row_too_short_for_it() -> None:
    found = section(text(report([judged(HOSTILE, image="C:\\" + "a" * 90)])), "Components")
    assert found[2] == f"  name  {WRITTEN_OUT}"


def test_the_verdicts_are_counted_in_the_header() -> None:
    assert "Components      1 malicious, 2 suspicious, 3 unverified, 1 trusted, 3 known\n" in text(sample())


def test_no_bad_component_is_told_too() -> None:
    assert "Components      0 malicious, 0 suspicious\n" in text(report())


def many(number: int, verdict: Verdict) -> tuple[Judged, ...]:
    return tuple(judged(f"M{n}", verdict) for n in range(number))


@pytest.mark.parametrize(
    ("shown", "sentence"),
    [
        (report(many(5, Verdict.MALICIOUS)), "This server loads code that does not belong: M0, M1, M2 and 2 more."),
        (
            report([judged("A", Verdict.MALICIOUS, presence=())]),
            "Code that does not belong was found; IIS does not load it as configured: A.",
        ),
        (report(many(2, Verdict.SUSPICIOUS)), "Nothing is proven malicious; look at M0, M1."),
        (
            report(many(1, Verdict.KNOWN), [finding("bad")]),
            "No component is suspicious; 1 finding below, and everything expected was read.",
        ),
        (
            report(many(2, Verdict.UNVERIFIED), gaps=[Gap(GapKind.MISSING, "x", "y", 7)]),
            (
                "Nothing speaks against any component; 2 could not be confirmed, 7 things could not be read. "
                "Look first at M0, M1: native code that nobody vouches for."
            ),
        ),
        (
            report(many(2, Verdict.KNOWN)),
            "Nothing speaks against any component, and everything expected was read.",
        ),
        (report(many(2, Verdict.KNOWN), rules=()), "Nothing speaks against any component; no rule was run."),
        (report(), "No component was found in this evidence, so it says nothing of the server."),
    ],
    ids=["malicious", "not-loaded", "suspicious", "findings", "doubt", "clean", "no-rules", "empty"],
)
def test_the_answer_is_one_sentence(shown: Report, sentence: str) -> None:
    assert answer(shown) == sentence


def test_the_worst_component_comes_first() -> None:
    rows = [judged("A", Verdict.UNVERIFIED), judged("B", Verdict.SUSPICIOUS), judged("C", Verdict.MALICIOUS)]
    found = section(text(report(rows)), "Components")
    assert [row.split()[0] for row in found] == ["VERDICT", "malicious", "suspicious", "unverified"]


def test_known_and_trusted_components_are_counted_and_not_shown() -> None:
    shown = report([*many(3, Verdict.KNOWN), judged("T", Verdict.TRUSTED), judged("U")])
    assert section(text(shown), "Components")[-1] == "4 components known or trusted, not shown (--all lists them)."


def test_everything_shows_the_known_components() -> None:
    found = section(text(report(many(3, Verdict.KNOWN)), everything=True), "Components")
    assert sum(row.startswith("known") for row in found) == 3


def test_a_path_cut_in_the_row_is_whole_below_it() -> None:
    path = INETSRV + "\\" + "deep\\" * 20 + "contoso.dll"
    assert f"  file  {path}" in section(text(report([judged("A", Verdict.SUSPICIOUS, image=path)])), "Components")


def test_a_reason_stands_below_its_component() -> None:
    found = section(text(report([judged("A", Verdict.SUSPICIOUS, "IIS101: it does not belong")])), "Components")
    assert found[-1] == "  - IIS101: it does not belong"


def test_reasons_beyond_the_fifth_are_counted() -> None:
    found = section(text(report([judged("A", Verdict.SUSPICIOUS, *"abcdefg")])), "Components")
    assert found[-1] == "  - and 2 more reasons (--all)"


def unverified(number: int) -> Report:
    few = [judged(f"F{n}", kind=Kind.CGI) for n in range(2)]
    return report([*few, *(judged(f"M{n}", kind=Kind.APP_ASSEMBLY) for n in range(number))])


def test_many_unverified_of_one_kind_are_counted() -> None:
    assert section(text(unverified(1200)), "Components")[-1] == "unverified  app-assembly: 1,200, not listed (--all)"


def test_a_kind_with_few_is_listed_beside_folded_ones() -> None:
    found = section(text(unverified(1200)), "Components")
    assert [row.split()[1] for row in found[1:]] == ["cgi", "cgi", "app-assembly:"]


def test_twenty_five_unverified_are_listed() -> None:
    assert len(section(text(unverified(23)), "Components")) == 26


def test_everything_lists_all_unverified() -> None:
    assert len(section(text(unverified(1200), everything=True), "Components")) == 1203


def test_no_suspicious_component_is_ever_folded() -> None:
    found = section(text(report(many(300, Verdict.SUSPICIOUS))), "Components")
    assert sum(row.startswith("suspicious") for row in found) == 300


def test_a_finding_tells_its_grade_its_title_and_where_to_look() -> None:
    seen = finding("it is", OUTSIDE, Evidence(Locator(r"C:\a.config", 3, 5), "add"), scope="Intranet")
    assert section(text(report(findings=[seen])), "Findings") == [
        "HIGH IIS101 (confidence medium) Native module outside the folders of IIS",
        "    it is",
        "    scope Intranet",
        r"    C:\a.config:3:5  add",
        "    ATT&CK T1505.004. More: iisight explain IIS101",
    ]


def test_the_place_of_evidence_is_never_cut() -> None:
    path = "C:\\" + "deep\\" * 500 + "web.config"
    assert f"    {path}:1\n" in text(report(findings=[finding("x", OUTSIDE, Evidence(Locator(path, 1)))]))


def test_a_note_of_evidence_is_whole_with_everything() -> None:
    note = "n" * 5000
    shown = report(findings=[finding("x", OUTSIDE, Evidence(Locator("a", 1), note))])
    assert (note in text(shown), note in text(shown, everything=True)) == (False, True)


def test_the_gravest_finding_comes_first() -> None:
    found = section(text(report(findings=[finding("a", DETAILED), finding("b", ISAPI), finding("c")])), "Findings")
    assert [row.split()[0] for row in found if "confidence" in row] == ["HIGH", "MEDIUM", "LOW"]


def test_the_eleventh_finding_of_a_rule_is_counted() -> None:
    found = section(text(report(findings=[finding(f"m{n}") for n in range(12)])), "Findings")
    assert found[-2:] == [
        "    and 2 more of IIS101 (--all or --format json)",
        "    ATT&CK T1505.004. More: iisight explain IIS101",
    ]


def test_everything_shows_all_findings_of_a_rule() -> None:
    found = section(text(report(findings=[finding(f"m{n}") for n in range(12)]), everything=True), "Findings")
    assert sum("confidence" in row for row in found) == 12


def test_a_finding_of_a_rule_that_the_report_does_not_describe_is_shown() -> None:
    found = section(text(report(findings=[finding("m")], rules=(DETAILED,))), "Findings")
    assert found[0] == "HIGH IIS101 (confidence medium)"


def test_a_suppressed_finding_is_one_line_with_reason_and_source() -> None:
    quiet = finding("it is", suppressed=Suppression("ticket 4711", "--ignore"))
    assert section(text(report(findings=[quiet])), "Findings") == [
        "None, by 4 rules.",
        "",
        "Suppressed: 1",
        "  high IIS101  it is  [--ignore: ticket 4711]",
    ]


def test_no_rules_is_not_no_findings() -> None:
    assert section(text(report(rules=())), "Findings") == ["No rule was run, so nothing could be found."]


def test_gaps_are_told_by_kind_with_their_count() -> None:
    gaps = [Gap(GapKind.MISSING, "b", "gone", 3), Gap(GapKind.MISSING, "a", "gone"), Gap(GapKind.FAILED, "r", "x")]
    assert section(text(report(gaps=gaps)), "Coverage") == [
        "failed (1): a rule or a step of iisight failed",
        "  r: x",
        "missing (4): expected, not in the evidence",
        "  a: gone",
        "  b: gone (x3)",
    ]


def many_gaps() -> Report:
    return report(gaps=[Gap(GapKind.MISSING, f"p{n:02}", "gone", 2) for n in range(17)])


def test_gaps_beyond_the_fifteenth_of_a_kind_are_counted() -> None:
    assert section(text(many_gaps()), "Coverage")[-1] == "  and 4 more (--all)"


def test_everything_shows_all_gaps() -> None:
    assert len(section(text(many_gaps(), everything=True), "Coverage")) == 18


def test_full_coverage_is_said_in_words() -> None:
    assert section(text(report()), "Coverage") == ["Everything expected was read."]


def test_importing_the_reporters_loads_neither_rich_nor_msgspec() -> None:
    code = "import sys, iisight.report.text, iisight.report.json; print({'rich', 'msgspec'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "set()\n"
