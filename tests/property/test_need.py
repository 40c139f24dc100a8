"""Folding looks at one character at a time, so that pieces of a text are found in the whole."""

from hypothesis import example, given
from hypothesis import strategies as st

from iisight.model.need import folded


@given(st.text(), st.text())
@example("\u0391\u03a3", "\u0391")  # a sigma ends the first text and not the whole
@example("\u0391", "\u03a3")
def test_folding_does_not_look_around(before: str, after: str) -> None:
    assert folded(before + after) == folded(before) + folded(after)


@given(st.text())
def test_folding_keeps_places_and_does_so_once(text: str) -> None:
    once = folded(text)
    assert len(once) == len(text)
    assert folded(once) == once


def test_nothing_becomes_ascii() -> None:
    every = "".join(map(chr, range(0x80, 0x110000)))
    once = folded(every)
    assert len(once) == len(every)
    assert not [char for char in once if char.isascii()]
