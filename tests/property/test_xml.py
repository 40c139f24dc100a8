"""Whatever the bytes, the XML reader ends and places what it read; well-formed trees come back as written."""

from dataclasses import dataclass
from xml.sax.saxutils import quoteattr

from hypothesis import given, settings
from hypothesis import strategies as st

from iisight.model.config import Document, Element
from iisight.model.locator import Locator
from iisight.parsers import xml
from tests.fuzz.fuzz_xml import fuzz_one, seeds, tokens

SEEDS = seeds()
TOKENS = tokens()
ENCODINGS = ("utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be")

mutations = st.lists(
    st.tuples(st.integers(0, 1 << 16), st.integers(0, 6), st.one_of(st.sampled_from(TOKENS), st.binary(max_size=4))),
    max_size=8,
)
names = st.from_regex(r"[A-Za-zé_][A-Za-z0-9._\-é]{0,8}", fullmatch=True).filter(
    lambda n: not n.lower().startswith("xml")
)
characters = st.characters(min_codepoint=32, exclude_categories=("Cs", "Cn", "Co"))
values = st.text(characters, max_size=8)
gaps = st.sampled_from(
    ("", " ", "\n", "\r\n", "\t", " \n  ", "<!-- é\n<no/> -->", "\U0001f600", "<?i\n?>", "<![CDATA[<\n]]>")
)
spaces = st.sampled_from((" ", "\n", "\r\n\t", "  "))


@dataclass(frozen=True, slots=True)
class Tree:
    """An element to be written, with what stands around its parts."""

    name: str
    attributes: dict[str, str]
    children: "tuple[tuple[str, Tree], ...]"  # with what stands before each
    space: str  # before each attribute
    end: str  # before the end tag


def _trees(children: st.SearchStrategy[tuple[tuple[str, Tree], ...]]) -> st.SearchStrategy[Tree]:
    return st.builds(Tree, names, st.dictionaries(names, values, max_size=3), children, spaces, gaps)


trees = st.recursive(
    _trees(st.just(())), lambda inner: _trees(st.lists(st.tuples(gaps, inner), max_size=4).map(tuple)), max_leaves=12
)


def mutate(data: bytes, changes: list[tuple[int, int, bytes]]) -> bytes:
    for position, lost, new in changes:
        at = position % (len(data) + 1)
        data = data[:at] + new + data[at + lost :]
    return data


def write(tree: Tree, out: list[str], places: list[tuple[str, int, int]]) -> None:
    """Append the text of a tree, and (name, line, column) of each element in document order."""
    before = "".join(out)
    line_start = before.rfind("\n") + 1
    places.append((tree.name, before.count("\n") + 1, len(before) - line_start + 1))
    attributes = "".join(f"{tree.space}{name}={quoteattr(value)}" for name, value in tree.attributes.items())
    out.append(f"<{tree.name}{attributes}>")
    for gap, child in tree.children:
        out.append(gap)
        write(child, out, places)
    out.append(f"{tree.end}</{tree.name}>")


def read(text: str, encoding: str = "utf-8") -> Document:
    return xml.parse(text.encode(encoding), Locator("built"))


def walk(element: Element | None) -> list[Element]:
    """Return an element and all below it, in document order."""
    return [] if element is None else [element, *(found for child in element.children for found in walk(child))]


def flat(tree: Tree) -> list[Tree]:
    return [tree, *(found for _, child in tree.children for found in flat(child))]


@settings(max_examples=300, deadline=None)
@given(st.binary(max_size=400))
def test_any_bytes_raise_nothing_but_parse_error(data: bytes) -> None:
    fuzz_one(data)


@settings(max_examples=300, deadline=None)
@given(st.lists(st.one_of(st.sampled_from(TOKENS), names.map(str.encode)), max_size=30))
def test_any_row_of_markup_raises_nothing_but_parse_error(parts: list[bytes]) -> None:
    fuzz_one(b"".join(parts))


@settings(max_examples=400, deadline=None)
@given(st.sampled_from(SEEDS), mutations)
def test_every_place_in_a_damaged_file_shows_its_start_tag(seed: bytes, changes: list[tuple[int, int, bytes]]) -> None:
    fuzz_one(mutate(seed, changes))


@settings(max_examples=150, deadline=None)
@given(trees, st.sampled_from(ENCODINGS))
def test_a_written_tree_has_its_names_lines_and_columns(tree: Tree, encoding: str) -> None:
    out: list[str] = []
    places: list[tuple[str, int, int]] = []
    write(tree, out, places)
    document = read("".join(out), encoding)
    assert [(e.name, e.line, e.column) for e in walk(document.root)] == places


@settings(max_examples=150, deadline=None)
@given(trees)
def test_a_written_tree_has_its_attributes_and_no_problem(tree: Tree) -> None:
    out: list[str] = []
    write(tree, out, [])
    document = read("".join(out))
    found = [list(e.attributes.items()) for e in walk(document.root)]
    assert (found, document.problems) == ([list(t.attributes.items()) for t in flat(tree)], ())


@settings(max_examples=150, deadline=None)
@given(trees)
def test_every_attribute_is_placed_at_its_name(tree: Tree) -> None:
    out: list[str] = []
    write(tree, out, [])
    document = read("".join(out))
    lines = document.text.split("\n")
    for element in walk(document.root):
        for name in element.attributes:
            place = document.at(element, name)
            assert lines[(place.line or 0) - 1][(place.column or 0) - 1 :].startswith(f"{name}=")


@settings(max_examples=150, deadline=None)
@given(trees, st.data())
def test_a_file_cut_off_keeps_the_elements_whose_tags_were_whole(tree: Tree, data: st.DataObject) -> None:
    out: list[str] = []
    places: list[tuple[str, int, int]] = []
    write(tree, out, places)
    text = "".join(out)
    end = data.draw(st.integers(0, len(text)))
    found = [(e.name, e.line, e.column) for e in walk(read(text[:end]).root)]
    assert found == places[: len(found)]
