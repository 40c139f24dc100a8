"""An excerpt of applicationHost.config says the same of what is kept, at the same places, however it is written."""

from collections.abc import Iterator
from dataclasses import dataclass

from hypothesis import given, settings
from hypothesis import strategies as st

from iisight.evidence import paths
from iisight.inventory.config.excerpt import Block, Blocks, differing
from iisight.model.config import Element
from iisight.model.locator import Locator
from iisight.parsers import xml

SITES = ("a", "B", "é", "x y", "A&amp;B")
FILLINGS = (
    "",
    " \n",
    "\r\n\t",
    "\t",
    "\r",
    "<!-- <site name='no'> é -->",
    "<!--<location path='a'>\n-->",
    "<![CDATA[</site><location>]]>",
    "text é\U0001f600",
    "<?i </sites>?>",
    "<add name='q' v='a>b'/>",
    '<add name="r" v="\'>"></add>',
    "<applicationPools/>",
    "<sites></sites>",
    "<site name='nested'/>",
    "<location path='nested'></location>",
    "\n\n\n",
    "<locations><located /></locations>",
)
ENCODINGS = ("utf-8", "utf-8", "utf-8-sig", "utf-16", "utf-16-le")
PIECES = (b"", b"<", b">", b"x", b"\n", b"\r", b"<!--", b"-->", b"</site>", b"<site name='n'>", b'"', b"a>b", b"\xc3")

fillings = st.lists(st.sampled_from(FILLINGS), max_size=3).map("".join)
names = st.sampled_from(SITES)
quotes = st.sampled_from(("'", '"'))


@st.composite
def blocks(draw: st.DrawFn, tag: str, attribute: str) -> str:
    name, quote, space = draw(names), draw(quotes), draw(st.sampled_from((" ", "\n", " z='>' ", "\t")))
    if attribute == "path":
        name = draw(st.sampled_from((name, f"{name}/sub", "", ".", f"/{name}")))
    start = f"<{tag}{space}{attribute}{draw(st.sampled_from(('=', ' = ')))}{quote}{name}{quote}"
    if draw(st.booleans()):
        return f"{start}/>"
    return f"{start}>{draw(fillings)}</{tag}{draw(st.sampled_from(('', ' ')))}>"


@st.composite
def hosts(draw: st.DrawFn) -> str:
    def some(tag: str, attribute: str) -> str:
        made = draw(st.lists(st.tuples(fillings, blocks(tag, attribute)), max_size=4))
        return "".join(f"{before}{block}" for before, block in made)

    doctype = draw(st.sampled_from(("", "", "", "<!DOCTYPE configuration>")))
    return (
        f"{doctype}<configuration>{draw(fillings)}<system.applicationHost>"
        f"<applicationPools>{some('add', 'name')}<applicationPoolDefaults/></applicationPools>{draw(fillings)}"
        f"<sites>{some('site', 'name')}{draw(fillings)}<siteDefaults/></sites></system.applicationHost>"
        f"{some('location', 'path')}{draw(fillings)}</configuration>"
    )


@dataclass(frozen=True)
class Said:
    """An element with its place and what is in it."""

    name: str
    attributes: tuple[tuple[str, str], ...]
    place: tuple[int, int]
    children: "tuple[Said, ...]"


def said(element: Element, gone: set[tuple[int, int]]) -> Said:
    inner = tuple(said(c, gone) for c in element.children if (c.line, c.column) not in gone)
    return Said(element.name, tuple(element.attributes.items()), (element.line, element.column), inner)


def tops(element: Element, holder: str = "") -> Iterator[tuple[tuple[bytes, str], Element]]:
    """Yield the sites, locations and pools below an element by what they are called."""
    for child in element.children:
        if child.name == "location":
            site = child.get("path").replace("\\", "/").strip("/").partition("/")[0]
            yield (b"location", paths.lower("" if site == "." else site)), child
        elif (holder, child.name) in (("sites", "site"), ("applicationPools", "add")):
            yield (child.name.encode(), paths.lower(child.get("name"))), child
        yield from tops(child, child.name)


@settings(max_examples=400)
@given(hosts(), st.sampled_from(ENCODINGS), st.sets(names), st.sets(st.sampled_from((b"site", b"location", b"add"))))
def test_an_excerpt_is_the_file_without_the_others(
    text: str, encoding: str, sites: set[str], kinds: set[bytes]
) -> None:
    data = text.encode(encoding)
    whole = xml.parse(data, Locator("whole"))
    wanted = {(kind, paths.lower(site.replace("&amp;", "&"))) for kind in kinds for site in sites}
    found = Blocks(data)
    excerpt = xml.parse(found.excerpt(wanted), Locator("excerpt"))
    if whole.root is None or whole.problems:
        assert [p.message for p in excerpt.problems] == [p.message for p in whole.problems] or found.found
        return
    assert excerpt.root is not None
    assert not excerpt.problems
    there = {(e.line, e.column) for _, e in tops(excerpt.root)}
    gone = {(e.line, e.column) for key, e in tops(whole.root) if key not in wanted} - there
    assert said(excerpt.root, set()) == said(whole.root, gone)


@settings(max_examples=400)
@given(hosts(), st.lists(st.tuples(st.integers(0, 4000), st.integers(0, 30), st.sampled_from(PIECES)), max_size=3))
def test_blocks_that_moved_are_those_of_the_new_file(text: str, edits: list[tuple[int, int, bytes]]) -> None:
    old = Blocks(text.encode())
    for at, lost, new in edits:
        start = at % (len(old.data) + 1)
        data = old.data[:start] + new + old.data[start + lost :]
        moved = old.moved(data)
        assert moved.found == Blocks(data).found
        old = moved


@settings(max_examples=200)
@given(hosts(), hosts())
def test_blocks_that_differ_are_named_whatever_else_differs(one: str, other: str) -> None:
    old, new = Blocks(one.encode()), Blocks(other.encode())
    differ, is_general = differing(old, new)
    named = {(block.kind, block.site) for block in differ}
    for key in {(b.kind, b.site) for b in (*old.found, *new.found)} - named:
        assert _texts(old, key) == _texts(new, key) or is_general


def _texts(blocks: Blocks, key: tuple[bytes, str]) -> list[bytes]:
    return sorted(_text(blocks, block) for block in blocks.of(*key))


def _text(blocks: Blocks, block: Block) -> bytes:
    return blocks.data[block.start : block.end]
