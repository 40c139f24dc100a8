"""Whatever the text, paths are folded to one key and never leave their root."""

from hypothesis import given
from hypothesis import strategies as st

from iisight.evidence import paths

TEXT = st.one_of(
    st.text(max_size=40),
    st.text(alphabet="\\/.:? %~cCDuUnN\u0130ßſ\u212a1\x00", max_size=24),
    st.lists(
        st.sampled_from(
            [
                "C:",
                "\\",
                "/",
                "..",
                ".",
                "...",
                "a",
                "B ",
                "\\\\?\\",
                "\\\\.\\",
                "\\??\\",
                "UNC\\",
                "::$DATA",
                "s:t",
            ]
        ),
        max_size=10,
    ).map("".join),
)


@given(TEXT)
def test_folding_a_folded_path_changes_nothing(path: str) -> None:
    once = paths.fold(path)
    assert paths.fold(once) == once


@given(TEXT)
def test_normal_form_folds_to_the_same_key(path: str) -> None:
    assert paths.fold(paths.normal(path)) == paths.fold(path)


@given(TEXT)
def test_slashes_and_ascii_case_make_no_difference(path: str) -> None:
    other = "".join(c.swapcase() if c.isascii() else c for c in path).replace("\\", "/")
    assert paths.fold(other) == paths.fold(path)


@given(TEXT)
def test_nothing_joined_leaves_the_drive_by_dots(path: str) -> None:
    joined = paths.normal("C:\\inetpub\\" + path)
    assert joined.startswith("C:\\")
    assert ".." not in joined.split("\\")


@given(TEXT)
def test_folding_a_normal_path_keeps_its_length(path: str) -> None:
    assert len(paths.fold(path)) == len(paths.normal(path).rstrip("\\"))


@given(TEXT)
def test_parents_end_at_a_root(path: str) -> None:
    for _ in range(len(path) + 2):
        path = paths.parent(path)
    assert paths.parent(path) == path


@given(TEXT, TEXT)
def test_every_question_has_an_answer(path: str, other: str) -> None:
    variables = {"a": other, "B": path, "windir": "%a%%a%%a%"}
    assert len(paths.expand(path, variables)) <= len(path) + paths.MAX_NESTING * paths.MAX_EXPANDED
    for ask in (paths.wow64, paths.native, paths.is_unc, paths.is_device, paths.stream_of, paths.is_absolute):
        ask(path)
    paths.join(path, other)
    paths.expand_short(path)
    assert paths.extension(path) == paths.extension(path).lower()
    assert "\\" not in paths.basename(path)
