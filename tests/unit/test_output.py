"""Where the output of a command goes."""

import io
import sys

import pytest

from iisight.cli._output import output


@pytest.mark.parametrize(("is_text", "written"), [(False, b"\xc2\xa9\n"), (True, b"\xa9\r\n")])
def test_a_document_is_utf_8_whatever_standard_output_is(
    is_text: bool, written: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    raw = io.BytesIO()
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(raw, encoding="cp1252", newline="\r\n"))
    with output(None, is_text=is_text) as stream:
        stream.write("©\n")
        stream.flush()
    assert raw.getvalue() == written
