"""Queries taken apart: what is left of one when its texts are taken out, and the texts themselves.

Lucene by luqum, EQL by the `eql` package, KQL by Microsoft's grammar, SQL by SQLite itself. SPL has no parser that
could be had: a strict tokenizer of ours, which knows nothing but what an export may hold.
"""

import re
import sqlite3
from collections.abc import Callable
from typing import Any

import pytest

TEXT = "‹text›"  # what stands for a text in a shape
Shape = tuple[str, ...]
Taken = tuple[Shape, tuple[str, ...]]


class NotAQueryError(ValueError):
    """It is no query of the dialect."""


def take_apart(dialect: str, query: str) -> Taken:
    """Return the shape of a query and its texts, unescaped. Raises NotAQueryError for what does not parse."""
    return _PARSERS[dialect](query)


_SPL = re.compile(
    r'"(?P<text>(?:[^"\\]|\\["\\])*)"|(?P<word>[A-Za-z_][A-Za-z0-9_]*)|(?P<number>-?\d+(?:\.\d+)?)'
    r"|(?P<sign><=|>=|[=<>(),])|(?P<blank> +)|(?P<any>\*)"
)


def _spl(query: str) -> Taken:
    shape: list[str] = []
    texts: list[str] = []
    depth = position = 0
    while position < len(query):
        found = _SPL.match(query, position)
        if found is None:
            raise NotAQueryError(f"SPL: {query[position : position + 20]!r}")
        position = found.end()
        if found["text"] is not None:
            shape.append(TEXT)
            texts.append(re.sub(r"\\(.)", r"\1", found["text"]))
        elif not found["blank"]:
            shape.append(found[0])
        depth += (found[0] == "(") - (found[0] == ")")
        if depth < 0:
            raise NotAQueryError("SPL: a bracket too many")
    if depth:
        raise NotAQueryError("SPL: a bracket too few")
    return tuple(shape), tuple(texts)


def _lucene(query: str) -> Taken:
    from luqum.exceptions import ParseError
    from luqum.parser import parser
    from luqum.tree import Phrase, Word

    try:
        tree = parser.parse(query)
    except ParseError as error:
        raise NotAQueryError(f"Lucene: {error}") from error
    shape: list[str] = []
    texts: list[str] = []

    def walk(node: Any) -> None:
        shape.append(f"{type(node).__name__ if not isinstance(node, Word | Phrase) else TEXT}{_name(node)}")
        if isinstance(node, Word | Phrase):
            value = node.value[1:-1] if isinstance(node, Phrase) else node.value
            texts.append(re.sub(r"\\(.)", r"\1", value))
        for child in node.children:
            walk(child)
        shape.append("end")

    walk(tree)
    return tuple(shape), tuple(texts)


def _name(node: Any) -> str:
    return f":{node.name}" if hasattr(node, "name") else ""


def _eql(query: str) -> Taken:
    from eql import ast
    from eql.errors import EqlError
    from eql.parser import elasticsearch_syntax, parse_query, skip_optimizations

    try:
        with elasticsearch_syntax, skip_optimizations:
            tree = parse_query(query)
    except EqlError as error:
        raise NotAQueryError(f"EQL: {error}") from error
    shape: list[str] = []
    texts: list[str] = []

    def walk(node: Any) -> None:
        if isinstance(node, ast.String):
            shape.append(TEXT)
            texts.append(node.value)
        elif isinstance(node, ast.BaseNode):
            shape.append(type(node).__name__)
            for name in node.__slots__:
                walk(getattr(node, name))
        elif isinstance(node, list | tuple):
            shape.append("[")
            for each in node:
                walk(each)
            shape.append("]")
        else:
            shape.append(str(node))

    walk(tree)
    return tuple(shape), tuple(texts)


_ESCAPED = {"\\\\": "\\", '\\"': '"'}


def _kql(query: str) -> Taken:
    from antlr4 import CommonTokenStream, InputStream
    from antlr4.atn.PredictionMode import PredictionMode
    from antlr4.error.ErrorListener import ErrorListener
    from kusto_query_language_parser.parse_tools.KqlLexer import KqlLexer
    from kusto_query_language_parser.parse_tools.KqlParser import KqlParser

    class Strict(ErrorListener):  # type: ignore[misc]  # of a package without types
        def syntaxError(self, _by: Any, _at: Any, line: int, column: int, message: str, _error: Any) -> None:  # noqa: N802
            raise NotAQueryError(f"KQL {line}:{column}: {message}")

    lexer = KqlLexer(InputStream(query))
    lexer.removeErrorListeners()
    lexer.addErrorListener(Strict())
    tokens = CommonTokenStream(lexer)
    parser = KqlParser(tokens)
    parser.removeErrorListeners()
    parser.addErrorListener(Strict())
    parser._interp.predictionMode = PredictionMode.SLL
    parser.top()
    parts = [(token.type == KqlLexer.STRINGLITERAL, token.text) for token in tokens.tokens if token.channel == 0]
    shape = tuple(TEXT if is_text else text for is_text, text in parts)
    texts = tuple(re.sub(r"\\[\\\"]", lambda m: _ESCAPED[m[0]], text[1:-1]) for is_text, text in parts if is_text)
    return shape, texts


_SQL = re.compile(
    r"'(?P<text>(?:[^']|'')*)'|"
    r"`(?P<quoted>[A-Za-z_][A-Za-z0-9_]*)`|"
    r"(?P<word>[A-Za-z_][A-Za-z0-9_]*)|(?P<other>[^'`\s])|(?P<blank>\s+)"
)


def _sql(query: str) -> Taken:
    shape: list[str] = []
    texts: list[str] = []
    for found in _SQL.finditer(query):
        if found["text"] is not None:
            shape.append(TEXT)
            texts.append(found["text"].replace("''", "'"))
        elif found["blank"] is None:
            shape.append(found[0])
    connection = sqlite3.connect(":memory:")
    quoted = {found["quoted"].lower() for found in _SQL.finditer(query) if found["quoted"]}
    words = {found["word"].lower() for found in _SQL.finditer(query) if found["word"]} - _SQL_WORDS
    columns = ", ".join(f'"{name}"' for name in sorted(quoted | words))
    connection.execute(f"CREATE TABLE logs ({columns})")
    try:
        connection.execute(f"EXPLAIN {query}").fetchall()
    except sqlite3.Error as error:
        raise NotAQueryError(f"SQL: {error}") from error
    finally:
        connection.close()
    return tuple(shape), tuple(texts)


_SQL_WORDS = {
    *("select", "from", "logs", "where", "and", "or", "not", "like", "escape", "collate", "nocase", "is", "null"),
    "coalesce",
}
_PARSERS: dict[str, Callable[[str], Taken]] = {
    "splunk": _spl,
    "elastic": _lucene,
    "eql": _eql,
    "kusto": _kql,
    "sqlite": _sql,
}
DIALECTS = tuple(_PARSERS)


def back_ends_are_there() -> None:
    """Skip a test where `requirements/export.txt` is not installed."""
    for module in ("sigma.backends.splunk", "luqum", "eql", "antlr4", "kusto_query_language_parser"):
        pytest.importorskip(module, reason="requirements/export.txt is not installed")
