"""The prefilter wants every piece in which something searched for can be."""

from hypothesis import given
from hypothesis import strategies as st

from iisight.model.need import (
    ALWAYS,
    NOISE,
    AllOf,
    AnyOf,
    Literal,
    all_of,
    any_of,
    folded,
    holds,
    literal,
    literals,
    squeezed,
)
from iisight.telemetry.prefilter import build, squeeze

TEXTS = st.text(st.characters(min_codepoint=0x20, max_codepoint=0x2FF), min_size=1, max_size=20)


def wide(text: str) -> bytes:
    return text.encode("utf-16-le")


def test_a_text_is_found_in_either_alignment_and_in_any_case() -> None:
    wanted = build([literal("AppCmd.exe")]).wanted
    assert wanted(b"\x01\x02" + wide("C:\\APPCMD.EXE"))
    assert wanted(b"\x01" + wide("appcmd.exe"))
    assert wanted(b"appcmd.exe")
    assert not wanted(wide("appcmd exf"))


def test_noise_inside_a_word_hides_nothing() -> None:
    assert build([literal("appcmd install")]).wanted(wide("ap^p\"cm\"d   in`st'+'all"))


def test_a_need_of_several_holds_only_when_all_are_there() -> None:
    wanted = build([all_of("w3wp.exe", "cmd.exe")]).wanted
    assert wanted(wide("w3wp.exe") + b"\xff\xfe" * 9 + wide("cmd.exe"))
    assert not wanted(wide("w3wp.exe started notepad.exe"))


def test_a_need_that_always_holds_wants_everything_and_one_that_never_does_nothing() -> None:
    assert build([literal("appcmd"), AnyOf((literal("x"), ALWAYS))]).wanted(b"")
    assert not build([AnyOf()]).wanted(wide("anything"))


def test_text_that_is_not_ascii_asks_for_its_ascii_runs_alone() -> None:
    assert literal("überwachung\\datei") == Literal("berwachung\\datei")
    assert literal("ü") == ALWAYS
    assert folded("\u212aELVIN\u0130X") == "\u212aelvin\u0130x"


def test_characters_that_binary_xml_stores_apart_split_a_literal() -> None:
    assert literal('name="evil"&image') == AllOf((literal("evil"), literal("image"), literal("name=")))


@given(before=TEXTS, text=TEXTS, after=TEXTS, odd=st.booleans())
def test_a_record_that_holds_a_text_is_wanted(before: str, text: str, after: str, odd: bool) -> None:
    piece = b"\x07" * odd + wide(before + text.swapcase() + after)
    if folded(text) in folded(before + text.swapcase() + after):
        assert build([literal(text)]).wanted(piece)


@given(st.text(st.sampled_from("ab" + NOISE + "\0")))
def test_both_ways_of_squeezing_agree(text: str) -> None:
    assert squeeze(text.encode()) == squeezed(text).encode()


@given(st.lists(TEXTS, min_size=1, max_size=4))
def test_any_and_all_are_what_they_say(texts: list[str]) -> None:
    found = {squeezed(t) for t in texts}
    assert holds(any_of(*texts), found | {w for t in texts for w in _words(t)})
    assert holds(all_of(*texts), {w for t in texts for w in _words(t)})


def _words(text: str) -> set[str]:
    return set(literals(literal(text)))
