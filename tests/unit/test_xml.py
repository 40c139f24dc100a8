"""Configuration XML: places of what is read, and what becomes of files that are not well-formed."""

import tracemalloc

import pytest

from iisight.model.config import Document, Element
from iisight.model.errors import ParseError
from iisight.model.locator import Locator
from iisight.parsers import xml
from iisight.parsers.xml import reader
from iisight.parsers.xml.reader import MAX_DEPTH, MAX_ELEMENTS, Places

FAR = "C:\\web.config"


def read(data: str | bytes) -> Document:
    return xml.parse(data.encode() if isinstance(data, str) else data, Locator(FAR))


def root(data: str | bytes) -> Element:
    found = read(data).root
    assert found is not None
    return found


def place(data: str | bytes, name: str, attribute: str | None = None) -> tuple[int | None, int | None]:
    """Return line and column of the first element of that name, the root excluded."""
    document = read(data)
    element = document.root and document.root.child(name)
    assert element is not None
    found = document.at(element, attribute)
    return found.line, found.column


def problems(data: str | bytes) -> list[tuple[str, str]]:
    """Return `line:column` and message of each problem, in their order."""
    return [(f"{p.locator.line}:{p.locator.column}", p.message) for p in read(data).problems]


def codes(data: str | bytes) -> list[str]:
    return [p.code for p in read(data).problems]


def outline(element: Element) -> str:
    """Return names and nesting: `a(b c(d))`."""
    inner = " ".join(outline(child) for child in element.children)
    return element.name + (f"({inner})" if inner else "")


# Places


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("<r><b/></r>", (1, 4)),
        ("<r>\n  <b/></r>", (2, 3)),
        ("<r>\r\n  <b/></r>", (2, 3)),
        ("<r>\n\t<b/></r>", (2, 2)),
        ("\n\n<r\na='1'\n><b/></r>", (5, 2)),
        ("<r>é<b/></r>", (1, 5)),
        ("<r>\U0001f600<b/></r>", (1, 5)),
        ("<r a='é\U0001f600\n'>\n \u4e2d<b/></r>", (3, 3)),
        ("<r><!-- \n --><b/></r>", (2, 5)),
        ("<r><![CDATA[<\n>]]><b/></r>", (2, 5)),
        ("<r>&amp;&#x41;<b/></r>", (1, 15)),
        ("<?xml version='1.0'?>\n<r><b/></r>", (2, 4)),
    ],
)
def test_an_element_is_placed_at_its_start_tag(text: str, expected: tuple[int, int]) -> None:
    assert place(text, "b") == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('<r><b x="1"/></r>', (1, 7)),
        ('<r>\n<b y="2" x="1"/></r>', (2, 10)),
        ('<r><b y="2"\n   x="1"/></r>', (2, 4)),
        ('<r><b y="2"\r\n\tx = "1"/></r>', (2, 2)),
        ('<r><b y="x=&quot;"\n\n\nx="1"/></r>', (4, 1)),
        ("<r><b y='> x=' x='1'/></r>", (1, 16)),
        ('<r>é\U0001f600<b y="é" x="1"/></r>', (1, 15)),
    ],
)
def test_an_attribute_is_placed_at_its_name(text: str, expected: tuple[int, int]) -> None:
    assert place(text, "b", "x") == expected


def test_an_attribute_that_is_not_written_is_placed_at_its_element() -> None:
    assert place('<r>\n <b/><c x="1"/></r>', "b", "x") == (2, 2)


def test_a_document_tells_where_the_evidence_holds_it() -> None:
    document = xml.parse(b"<a/>", Locator(FAR, origin="C/web.config"))
    assert document.root is not None
    assert document.at(document.root) == Locator(FAR, 1, 1, origin="C/web.config")


# Encodings

EURO = '<r>\n<b x="€"/></r>'


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32"])
def test_an_encoding_is_told_by_its_mark_or_its_first_bytes(encoding: str) -> None:
    assert root(EURO.encode(encoding)).children[0].get("x") == "€"


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-16-le", "utf-16-be"])
def test_places_count_characters_in_every_encoding(encoding: str) -> None:
    assert place('<r>\n€<b y="€" x="1"/></r>'.encode(encoding), "b", "x") == (2, 11)


def test_big_endian_with_a_mark_is_read() -> None:
    assert root(b"\xfe\xff" + EURO.encode("utf-16-be")).children[0].get("x") == "€"


def test_a_declared_encoding_is_used() -> None:
    text = f'<?xml version="1.0" encoding="windows-1252"?>{EURO}'
    assert root(text.encode("windows-1252")).children[0].get("x") == "€"


def test_a_declaration_does_not_overrule_the_mark() -> None:
    text = f'<?xml version="1.0" encoding="utf-8"?>{EURO}'
    assert root(text.encode("utf-16")).children[0].get("x") == "€"


def test_bytes_that_are_not_of_the_encoding_are_named_and_the_rest_is_read() -> None:
    data = b'<r>\n <b x="\xff\xfe"/><c/></r>'
    assert (outline(root(data)), problems(data)) == ("r(b c)", [("2:8", "bytes that are not utf-8")])


@pytest.mark.parametrize("name", ["utf-16", "no-such", "idna", "punycode", "unicode_escape", "rot13", "hex", "mbcs"])
def test_a_declared_encoding_that_cannot_be_is_named(name: str) -> None:
    data = f'<?xml version="1.0" encoding="{name}"?><a x="\\S+xn--a."/>'
    assert problems(data) == [("1:1", f"encoding '{name}' is not what the file is in: read as UTF-8")]


def test_utf_7_hides_no_element() -> None:
    data = b"<?xml version='1.0' encoding='utf-7'?><a>+ADw-b/+AD4-</a>"
    assert outline(root(data)) == "a(b)"


def test_a_lone_surrogate_does_not_reach_the_text() -> None:
    document = read(b"<?xml version='1.0' encoding='utf-7'?><a>+2AA-</a>")
    assert (document.text[-5], [p.code for p in document.problems]) == ("\ufffd", ["encoding"])


# Content


def test_a_comment_hides_elements() -> None:
    assert outline(root("<r><!-- <b/> --><c/><!-- <d/>\n--></r>")) == "r(c)"


def test_cdata_is_text_and_hides_elements() -> None:
    element = root("<r> a <![CDATA[<b/>&amp;]]> </r>")
    assert (element.text, element.children) == ("a <b/>&amp;", ())


def test_instructions_are_no_elements() -> None:
    assert outline(root("<?a <b/>?><r><?c d='<e/>'?><f/></r>")) == "r(f)"


def test_attributes_are_decoded_and_keep_their_order() -> None:
    element = root("""<r b="&lt;&#65;&#x42;&quot;" a='"&apos;&amp;&gt;'/>""")
    assert list(element.attributes.items()) == [("b", '<AB"'), ("a", "\"'&>")]


def test_names_are_case_sensitive() -> None:
    assert root('<r A="1" a="2"/>').get("a") == "2"


def test_prefixes_stay_in_names() -> None:
    assert outline(root('<r xmlns:x="u"><x:b/><n:c n:d="1"/></r>')) == "r(x:b n:c)"


def test_an_element_may_have_the_name_of_the_wrapper() -> None:
    assert (outline(root("<_><_/><__/></_>")), problems("<_><_/><__/></_>")) == ("_(_ __)", [])


def test_well_formed_xml_has_no_problem() -> None:
    assert problems("<?xml version='1.0'?>\n<!-- a -->\n<r>\n<b/>\n</r>\n<!-- c -->\n<?d?>\n") == []


# Document types

LAUGHS = """<?xml version="1.0"?>
<!DOCTYPE lolz [
  <!ENTITY a "aaaaaaaaaa">
  <!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">
]>
<r>&b;</r>"""


def test_entities_of_a_document_type_are_not_replaced() -> None:
    assert root(LAUGHS).text == "&b;"


def test_a_document_type_is_named_with_its_place() -> None:
    assert problems(LAUGHS)[0] == ("2:1", "document type declaration: refused, not read")


@pytest.mark.parametrize(
    "text",
    [
        '<!DOCTYPE r [<!ENTITY e SYSTEM "file:///C:/Windows/win.ini">]><r>&e;</r>',
        '<!DOCTYPE r SYSTEM "http://localhost/r.dtd"><r>&e;</r>',
        '<!DOCTYPE r PUBLIC "a" "b" [<!ENTITY % p SYSTEM "c">%p;]><r>&e;</r>',
        '<!doctype r [<!ENTITY e "x">]><r>&e;</r>',
    ],
)
def test_an_external_entity_is_not_fetched(text: str) -> None:
    assert (root(text).text, codes(text)) == ("&e;", ["doctype", "malformed"])


@pytest.mark.parametrize("text", ['<!DOCTYPE r SYSTEM "x>"><r/>', "<!DOCTYPE r [<!-- ' --><!ENTITY a '>'>]><r/>"])
def test_a_document_type_ends_where_it_ends(text: str) -> None:
    assert codes(text) == ["doctype"]


def test_a_document_type_after_the_root_is_refused() -> None:
    text = '<r/>\n<!DOCTYPE r [<!ENTITY e "x">]>'
    assert problems(text) == [("2:1", "document type declaration: refused, not read")]


def test_a_document_type_inside_the_root_is_refused() -> None:
    text = "<r><b/>\n<!DOCTYPE r><c/></r>"
    assert (codes(text), outline(root(text))) == (["doctype"], "r(b c)")


# Malformed: (text, problems, what was read)

MALFORMED = {
    "end tag missing": ("<r>\n<b><c/>\n</r>", [("3:1", "element <b> is not closed: found </r>")], "r(b(c))"),
    "several end tags missing": ("<r><b><c></r>", [("1:10", "element <c> is not closed: found </r>")], "r(b(c))"),
    "end of file": ("<r><b>", [("1:7", "element <b> is not closed")], "r(b)"),
    "end tag too many": ("<r></b>\n<c/></r>", [("1:4", "end tag </b> closes nothing")], "r(c)"),
    "end tag after the root": ("<r/>\n</r>", [("2:1", "end tag </r> closes nothing")], "r"),
    "end tag of the wrapper": ("</_><r/>", [("1:1", "end tag </_> closes nothing")], "r"),
    "end tag of a longer wrapper": ("<r></__></_><b/></r>", [
        ("1:4", "end tag </__> closes nothing"), ("1:9", "end tag </_> closes nothing")], "r(b)"),
    "other case": ("<r><b></B></b></r>", [("1:7", "end tag </B> closes nothing")], "r(b)"),
    "end tag with more": ("<r><b></b x><c/></r>", [("1:11", "character that does not belong in a tag")], "r(b c)"),
    "tag not closed": ("<r><b <c/></b></r>", [("1:7", "tag is not closed")], "r(b(c))"),
    "end in a tag": ("<r><b/><c d='1' ", [("1:8", "tag is not closed"), ("1:17", "element <r> is not closed")], "r(b)"),
    "duplicate attribute": ("<r a='1'\n a='2'><b/></r>", [("2:2", "duplicate attribute")], "r(b)"),
    "no quotes": ("<r><b c=1 /></r>", [("1:9", "attribute value without quotes")], "r(b)"),
    "no value": ("<r><b c /></r>", [("1:7", "attribute without a value")], "r(b)"),
    "no value before another": ("<r><b c d='1'/></r>", [("1:7", "attribute without a value")], "r(b)"),
    "no space": ("<r><b c='1'd='2'/></r>", [("1:12", "no space between attributes")], "r(b)"),
    "value not closed": ("<r><b c=\"1/>\n<d e=\"2\"/></r>", [("1:9", "attribute value is not closed")], "r(b d)"),
    "value alone": ("<r><b 'c'/></r>", [("1:7", "character that does not belong in a tag")], "r(b)"),
    "less than in a value": ("<r><b c='a < b'/></r>", [("1:12", "'<' inside an attribute's value")], "r(b)"),
    "less than in text": ("<r>1 < 2<b/></r>", [("1:6", "'<' that starts no tag")], "r(b)"),
    "name with a digit first": ("<r><1b/><c/></r>", [("1:4", "'<' that starts no tag")], "r(c)"),
    "ampersand in text": ("<r>AT&T<b/></r>", [("1:6", "'&' that is not part of a reference")], "r(b)"),
    "ampersand in a value": ("<r><b c='a & b'/><d/></r>", [("1:12", "'&' that is not part of a reference")], "r(b d)"),
    "unknown entity in text": ("<r>\n&x;<b/></r>", [("2:1", "reference to an entity that is not defined")], "r(b)"),
    "unknown entity in a value": (
        "<r><b c='&lt;'\n d='&x;'/><e/></r>", [("2:5", "reference to an entity that is not defined")], "r(b e)"),
    "character number zero": ("<r><b c='&#0;'/></r>", [("1:10", "reference to an entity that is not defined")], "r(b)"),
    "NUL in text": ("<r>\0<b/></r>", [("1:4", "character that XML does not allow")], "r(b)"),
    "control in a value": ("<r><b c='\x01'/></r>", [("1:10", "character that XML does not allow")], "r(b)"),
    "control in a comment": ("<r><!-- \x01 --><b/></r>", [("1:9", "character that XML does not allow")], "r(b)"),
    "noncharacter": ("<r>é\uffff<b/></r>", [("1:5", "character that XML does not allow")], "r(b)"),
    "end of CDATA without a start": ("<r>]]><b/></r>", [("1:6", "character that does not belong here")], "r(b)"),
    "CDATA not closed": ("<r><![CDATA[<b/>", [
        ("1:17", "CDATA section is not closed"), ("1:17", "element <r> is not closed")], "r"),
    "comment not closed": ("<r>\n<!-- <b/>", [
        ("2:1", "comment or instruction is not closed"), ("2:10", "element <r> is not closed")], "r"),
    "two hyphens in a comment": ("<r><!-- a -- b --><c/></r>", [("1:11", "'--' inside a comment")], "r(c)"),
    "late declaration": ("<r><b/>\n<?xml version='1.0'?><c/></r>", [
        ("2:1", "XML declaration not at the start of the file")], "r(b c)"),
    "declaration after white space": ("\n <?xml version='1.0'?><r/>", [
        ("2:2", "XML declaration not at the start of the file")], "r"),
    "markup declaration": ("<r><!ENTITY a 'b>'><c/></r>", [("1:4", "declaration that does not belong here")], "r(c)"),
    "text before the root": ("a\n<r/>", [("1:1", "text outside of the root element")], "r"),
    "text after the root": ("<r></r>\n<!-- x -->  a", [("2:13", "text outside of the root element")], "r"),
    "second root": ("<r/>\n<s><t/></s>", [("2:1", "more than one root element")], "(r s(t))"),
}  # fmt: skip


@pytest.mark.parametrize("case", MALFORMED)
def test_damage_is_named_at_its_place(case: str) -> None:
    text, expected, _ = MALFORMED[case]
    assert problems(text) == expected


@pytest.mark.parametrize("case", MALFORMED)
def test_what_stands_around_damage_is_read(case: str) -> None:
    text, _, expected = MALFORMED[case]
    assert outline(root(text)) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("<r b=1 c='2'/>", {"b": "1", "c": "2"}),
        ("<r b=C:\\a.dll/>", {"b": "C:\\a.dll"}),
        ("<r b c='2'/>", {"b": "", "c": "2"}),
        ("<r b='1' b='2'/>", {"b": "1"}),
        ("<r b='a < c & d &x;'/>", {"b": "a < c & d &x;"}),
        ("<r b='1/>", {}),
        ("<r b='1' />\n", {"b": "1"}),
        ('<r b="1/>\n<s b="2"/>', {}),
    ],
)
def test_attributes_of_a_damaged_tag_keep_their_values(text: str, expected: dict[str, str]) -> None:
    found = read(text).root
    assert ({} if found is None else dict(found.attributes)) == expected


def test_places_after_a_repair_are_those_of_the_file() -> None:
    text = "<r><b c=1 d&e='2'/>\n<!-- -- -->é & <f/><g x='&y;' z='1'/></r>"
    assert (place(text, "f"), place(text, "g", "z")) == ((2, 16), (2, 31))


def test_problems_come_in_the_order_of_their_places() -> None:
    text = "<r>\n<b>\n&x;\n</r>\n<c/>"
    assert [p[0] for p in problems(text)] == ["3:1", "4:1", "5:1"]


# Bounds


@pytest.mark.parametrize("data", [b"", b" \n\t", b"\xef\xbb\xbf", b"<!-- a -->", b"<?xml version='1.0'?>"])
def test_a_file_without_an_element_is_empty(data: bytes) -> None:
    assert (read(data).root, codes(data)) == (None, ["empty"])


def test_a_file_of_nul_bytes_gives_nothing_and_says_so() -> None:
    assert (read(bytes(4096)).root, set(codes(bytes(4096)))) == (None, {"malformed", "empty"})


def test_a_binary_gives_nothing_and_says_so() -> None:
    data = b"MZ\x90\x00" + bytes(range(256)) * 8
    assert {"encoding", "malformed"} <= set(codes(data))


def test_nesting_is_bounded() -> None:
    data = "<a>" * (MAX_DEPTH + 10) + "</a>" * (MAX_DEPTH + 10)
    assert problems(data)[0][1].startswith(f"more than {MAX_DEPTH} levels")


def test_nesting_up_to_the_bound_is_read() -> None:
    assert problems("<a>" * MAX_DEPTH + "</a>" * MAX_DEPTH) == []


def test_what_stands_before_too_deep_nesting_is_read() -> None:
    data = "<r><b/>" + "<a>" * (MAX_DEPTH + 10)
    assert outline(root(data)).startswith("r(b a(a")


def test_errors_are_bounded() -> None:
    data = "<r>" + "&x;" * 1000 + "<b/></r>"
    assert (len(problems(data)), problems(data)[-1][1]) == (
        xml.MAX_REPAIRS + 1,
        "too many errors: the rest is not read",
    )


@pytest.mark.parametrize("before", ["\n" * 10_000, "x" * 10_000, "\n" * 4096, "x" * 4095 + "\n", "ab\n" * 5000])
def test_places_far_into_a_file_are_counted_from_its_lines(before: str) -> None:
    text = f"<r>{before}<b/></r>"
    start = text[: text.index("<b")]
    assert place(text, "b") == (start.count("\n") + 1, len(start) - start.rfind("\n"))


def test_the_index_of_a_file_of_line_ends_is_small() -> None:
    text = "\n" * 1_000_000
    tracemalloc.start()
    places = Places(text)
    used = tracemalloc.get_traced_memory()[0]
    tracemalloc.stop()
    assert (used < 100_000, places.of(999_999)) == (True, (1_000_000, 1))


def test_elements_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reader, "MAX_ELEMENTS", 10)
    assert (codes("<r>" + "<a/>" * 20 + "</r>"), MAX_ELEMENTS) == (["bounds"], 400_000)


def test_a_file_over_the_bound_is_refused() -> None:
    with pytest.raises(ParseError, match=f"expected at most {xml.MAX_SIZE} bytes of XML, found {xml.MAX_SIZE + 1}"):
        read(bytes(xml.MAX_SIZE + 1))
