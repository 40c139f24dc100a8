"""Configuration without its end is waited for; whatever is whole, or no configuration, is not."""

from io import BytesIO

import pytest

from iisight.evidence.source import File, Source
from iisight.model.errors import EvidenceError
from iisight.watch.torn import MAX_READ, is_torn

WHOLE = "<?xml version='1.0'?>\n<!-- <x> -->\n<configuration a='>'><system.web /></configuration>\n<!-- end -->\n"
PATH = "C:\\inetpub\\wwwroot\\web.config"


def torn(data: bytes, path: str = PATH) -> bool:
    file = File(path, len(data), None, "")
    return is_torn(Source("made", [file], lambda _: BytesIO(data)), file)


@pytest.mark.parametrize(
    "text",
    [
        WHOLE,
        "<configuration/>",
        '<connectionStrings configSource="a" />',
        "<p:a\nb='1'\n></p:a >",
        f"<!-- {'x' * 10_000} --><configuration>",  # its root is not looked for so far down
    ],
)
def test_a_file_with_its_end_is_whole(text: str) -> None:
    assert not torn(text.encode())
    assert not torn(text.encode("utf-16"))


@pytest.mark.parametrize("cut", range(0, len(WHOLE.rstrip()) - len("nfiguration>\n<!-- end -->"), 3))
def test_a_file_without_its_end_is_torn_wherever_it_is_cut(cut: int) -> None:
    assert torn(WHOLE[:cut].encode())
    assert torn(WHOLE[:cut].encode("utf-16"))


def test_an_empty_configuration_is_torn_and_an_empty_library_is_not() -> None:
    assert torn(b"")
    assert torn(b" \r\n")
    assert not torn(b"", "C:\\inetpub\\wwwroot\\bin\\a.dll")


def test_what_is_large_or_cannot_be_read_is_taken_as_it_is() -> None:
    def refuse(file: File) -> BytesIO:
        raise EvidenceError(file.path)

    assert not is_torn(Source("made", [], refuse), File(PATH, 0, None, ""))
    assert not is_torn(Source("made", [], refuse), File(PATH, MAX_READ + 1, None, ""))
