"""Whatever a component, site, path or account is called: it breaks out of no script, document or page.

Scripts are read by our own lexer, which knows PowerShell's typographic quotes, and by the grammar of tree-sitter, which
others wrote; documents by ElementTree, the page by a parser of Markdown.
"""

from collections.abc import Iterator
from xml.etree import ElementTree as ET

import pytest
import tree_sitter
import tree_sitter_powershell
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from iisight.model.posture import Answer
from iisight.model.remedy import (
    AuditedSubcategory,
    ByHand,
    Cause,
    Channel,
    CodeImage,
    FileSetting,
    LeftOut,
    Lock,
    Object,
    Publisher,
    RegistryValue,
    Remedies,
    Rights,
    Sacl,
    Setting,
    Watched,
)
from iisight.parsers.commands.powershell.lexer import Kind, tokens
from iisight.report.policies import write_policies
from iisight.report.policies.quoting import code_span, comment, is_writable, plain, powershell, xml_comment
from iisight.report.policies.scripts import step
from iisight.report.policies.written import Written
from iisight.report.safe import is_seen
from tests.builders.applied import Call, calls
from tests.builders.policies import parsed, problems

PARTS = (
    *"'\"`$(){};|&<>#@%,-= \u2018\u2019\u201a\u201b\u201c\u201d\u201e",
    *(
        "#>",
        "<#",
        "--",
        "-->",
        "<!--",
        "]]>",
        "$(calc)",
        "'; calc; '",
        "\u2019; calc; \u2018",
        "' -Owner '",
        "@'\n",
        "\n'@",
    ),
    *(
        "\n",
        "\r",
        "\0",
        "\x1b",
        "\u2028",
        "\u202e",
        "\ufeff",
        "\ud800",
        "\u00a0",
        "`n",
        "%WINDIR%",
        "[x](y)",
        "![](z)",
        "```",
    ),
    *("a", "C:\\x", "*", "..\\", "/", "<b>", "&amp;"),
)
TEXTS = st.lists(st.sampled_from(PARTS), max_size=8).map("".join) | st.text(max_size=40)
FEW = settings(max_examples=60, deadline=None)
PARSER = tree_sitter.Parser(tree_sitter.Language(tree_sitter_powershell.language()))


def changes(text: str) -> tuple[object, ...]:
    """Return one change of each kind, with the text wherever it could be a name."""
    cause = Cause("IIS901", Answer.FAIL, text, text)
    return (
        Setting(cause, text, text, text, text, text, text),
        Lock(cause, text, text),
        FileSetting(cause, text, text, text, text),
        AuditedSubcategory(cause, text, text),
        Channel(cause, text, 1),
        RegistryValue(cause, text, text, text),
        Sacl(cause, text, Object.FOLDER),
        Rights(cause, text, (text, text), gives_owner=True),
    )


def found(text: str) -> Remedies:
    """Return remedies in which everything is called so."""
    cause = Cause("IIS901", Answer.FAIL, text, text)
    who = Publisher(text, text, text, "A" * 64)
    images = tuple(
        CodeImage(text, (text,), "trusted", text, True, 1, f"{n}" * 40, f"{n}" * 64, text, text, publisher)
        for n, publisher in enumerate((who, None))
    )
    left = (LeftOut(text, (text,), text, text),)
    watched = Watched((text,), (text,), (text,))
    every = tuple(c for c in changes(text))
    return Remedies(text, text, text, every, (ByHand(cause, text),), images, left, watched)  # type: ignore[arg-type]


def commands(script: str) -> Iterator[str]:
    """Yield the names of the commands of a script, as the grammar has them; nothing may be wrong in it."""
    waiting = [PARSER.parse(script.encode("utf-8", "replace")).root_node]
    assert not waiting[0].has_error
    while waiting:
        node = waiting.pop()
        if node.type == "command_name" and node.text is not None:
            yield node.text.decode()
        waiting.extend(node.children)


# Literals


@FEW
@given(TEXTS)
def test_a_literal_is_one_token_with_the_very_text(text: str) -> None:
    assume(is_writable(text))
    (first, second) = tokens(f"x {powershell(text)}")

    assert (first.text, second.kind, second.text, second.parts) == ("x", Kind.STRING, text, ())


@FEW
@given(TEXTS)
def test_a_literal_is_one_argument_for_the_grammar_of_others(text: str) -> None:
    assume(is_writable(text))

    assert list(commands(f"Set-Setting -Name {powershell(text)} -Last 'x'\n")) == ["Set-Setting"]


@FEW
@given(TEXTS)
@example("")
@example("a\nb")
@example("\u202e")
def test_what_is_not_seen_as_itself_is_refused(text: str) -> None:
    assert is_writable(text) == (bool(text) and all(map(is_seen, text)))


# Scripts


@FEW
@given(TEXTS)
def test_a_change_is_one_call_with_the_very_values(text: str) -> None:
    assume(is_writable(text))
    for change in changes(text):
        script = step(change) + "\n"  # type: ignore[arg-type]
        (call,) = calls(script)

        assert {v for name, values in call.values.items() if name not in KEPT for v in values} <= {text}
        assert list(commands(script)) == [call.name]


@FEW
@given(TEXTS)
def test_whole_scripts_have_the_calls_of_harmless_names(text: str) -> None:
    written, harmless = (scripts(write_policies(found(name))) for name in (text, "harmless"))

    if is_writable(text):
        assert [shape(call) for call in written] == [shape(call) for call in harmless]
    elif text:
        assert written == []


def scripts(files: tuple[Written, ...]) -> list[Call]:
    return [call for file in files if file.name.endswith(".ps1") for call in calls(file.text)]


def shape(call: Call) -> tuple[str, tuple[tuple[str, int], ...]]:
    return call.name, tuple((name, len(values)) for name, values in call.values.items())


@FEW
@given(TEXTS)
def test_whole_scripts_have_no_command_that_others_do_not_have(text: str) -> None:
    files = write_policies(found(text))
    usual = {file.name: set(commands(file.text)) for file in write_policies(found("harmless")) if is_script(file)}

    for file in filter(is_script, files):
        assert set(commands(file.text)) <= usual[file.name]


def is_script(file: Written) -> bool:
    return file.name.endswith(".ps1")


KEPT = frozenset({"Check", "Kind", "Type", "Size", "Owner"})


# Documents and the page


@FEW
@given(TEXTS)
def test_documents_keep_their_structure_and_hold_the_very_names(text: str) -> None:
    for file in write_policies(found(text)):
        if not file.name.endswith(".xml"):
            continue
        root = parsed(file.text)
        assert problems(file.name.removesuffix(".xml"), root) in ([], STRUCTURE_OF_NOTHING)
        said = {value for e in root.iter() for value in (*e.attrib.values(), e.text or "")}
        assert is_writable(text) == any(text and text in value for value in said) or len(text) < 3


STRUCTURE_OF_NOTHING = ["EventFiltering: children RuleGroup RuleGroup"]


@FEW
@given(TEXTS)
def test_a_comment_of_xml_ends_where_it_ends(text: str) -> None:
    root = ET.fromstring(f"<a><!--{xml_comment(text)}--><b /></a>")

    assert [child.tag for child in root] == ["b"]


@FEW
@given(TEXTS)
def test_a_comment_of_a_script_is_one_line(text: str) -> None:
    assert [t.text for t in tokens(f"# {comment(text)}\nx")] == ["\n", "x"]
    assert list(commands(f"# {comment(text)}\nx\n")) == ["x"]


@FEW
@given(TEXTS)
def test_the_page_is_text_and_code_alone(text: str) -> None:
    page = next(file.text for file in write_policies(found(text)) if file.name == "README.md")
    allowed = {"text", "code_inline", "softbreak"}

    for token in MarkdownIt("commonmark").parse(page):
        assert token.type.removesuffix("_open").removesuffix("_close") in BLOCKS
        assert {child.type for child in token.children or ()} <= allowed


BLOCKS = {"heading", "paragraph", "inline", "bullet_list", "ordered_list", "list_item"}


@pytest.mark.parametrize("text", ["a`b", "``", "`", "x` `y", " `"])
def test_a_code_span_holds_its_backticks(text: str) -> None:
    (inline,) = (t for t in MarkdownIt("commonmark").parse(f"x {code_span(text)} y") if t.type == "inline")
    (span,) = (child for child in inline.children or () if child.type == "code_inline")

    assert span.content.strip() == text.strip()


@FEW
@given(TEXTS)
def test_a_sentence_stays_a_sentence(text: str) -> None:
    (inline,) = (t for t in MarkdownIt("commonmark").parse(f"x {plain(text)} y") if t.type == "inline")

    assert {child.type for child in inline.children or ()} <= {"text", "text_special"}
