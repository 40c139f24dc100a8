"""`<Event>` elements one after the other, with or without a root around them."""

import re
from collections.abc import Iterator
from xml.parsers import expat

from iisight.parsers.exports.window import MAX_RECORD, Window

MAX_DEPTH = 64
MAX_ELEMENTS = 16_384  # of one event

_START = re.compile(r"<Event(?=[\s>])")
_END = "</Event>"
_RETURN = re.compile(r"<[^>]*>|\r")  # expat makes line feeds of them, as XML wants; values of events have both
_MAX_NESTED = 4  # elements called Event inside the UserData of one
_NO_CHARACTER = re.compile(  # XML 1.0 has no way to say these; programs write them all the same
    "[\0-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]"
    "|&#(?:0{0,8}(?:[0-8]|1[124-9]|2[0-9]|3[01])|x0{0,8}(?:[0-8bcefBCEF]|1[0-9a-fA-F]));"
)

Node = dict[str, object]


def values(window: Window) -> Iterator[tuple[int, Node | str]]:
    """Yield the number of the line and the tree of an event as evtx_dump's JSON has it, or why there is none."""
    while _skip(window):
        line = window.line
        yield line, _event(window)


def tree_of(text: str) -> Node | str:
    """Return `{name: tree}` of an element, or why it cannot be read; no DTD and no entity is ever read."""
    reason = ""
    if "\r" in text:
        text = _RETURN.sub(lambda found: "&#13;" if found[0] == "\r" else found[0], text)
    for form in (text, _NO_CHARACTER.sub("\ufffd", text)):
        try:
            return _Tree().read(form)
        except expat.ExpatError as error:
            reason = f"XML: {expat.ErrorString(error.code)}"
        except OverflowError as error:
            return f"XML: {error}"
    return reason


def _skip(window: Window) -> bool:
    """Go to the next start tag; tell whether there is one."""
    while True:
        found = _START.search(window.text, window.at)
        if found is not None:
            window.at = found.start()
            return True
        window.at = max(window.at, len(window.text) - len(_END))
        if not window.more():
            return False


def _event(window: Window) -> Node | str:
    """Read the event that starts here and step over it."""
    reason, length, first = "XML: the event does not end", 0, 0
    for _ in range(_MAX_NESTED + 1):
        end = window.find(_END, length)
        if end < 0:
            reason = f"more than {MAX_RECORD:,} characters" if window.is_full else reason
            break
        length = end + len(_END)
        first = first or length
        text = window.text[window.at : window.at + length]
        tree = tree_of(text)
        if not isinstance(tree, str):
            window.at += length
            return tree
        reason = tree
        if len(_START.findall(text)) <= text.count(_END):
            break
    _resume(window, first)
    return reason


def _resume(window: Window, length: int) -> None:
    """Go behind an event that cannot be read: to the next start tag, which may stand inside of it."""
    found = _START.search(window.text, window.at + 1, window.at + length) if length else None
    window.at = found.start() if found else window.at + max(length, 1)


class _Tree:
    """What expat says, as a tree: `#attributes`, `#text`, and elements by name; `Data` with a name by that name."""

    def __init__(self) -> None:
        self._stack: list[tuple[str, Node, list[str]]] = [("", {}, [])]
        self._count = 0

    def read(self, text: str) -> Node:
        parser = expat.ParserCreate("utf-8")
        parser.buffer_text = True
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        parser.CharacterDataHandler = self._text
        try:
            parser.Parse(text.encode("utf-8", "replace"), True)
        finally:
            parser.StartElementHandler = parser.EndElementHandler = parser.CharacterDataHandler = None
        return self._stack[0][1]

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        self._count += 1
        if len(self._stack) > MAX_DEPTH or self._count > MAX_ELEMENTS:
            raise OverflowError(f"more than {MAX_DEPTH} levels or {MAX_ELEMENTS:,} elements")
        name = name.rpartition(":")[2]
        if name == "Data" and "Name" in attributes:
            self._stack.append((attributes["Name"], {}, []))
            return
        kept = {key: value for key, value in attributes.items() if not key.startswith("xmlns")}
        self._stack.append((name, {"#attributes": kept} if kept else {}, []))

    def _text(self, text: str) -> None:
        self._stack[-1][2].append(text)

    def _end(self, _name: str) -> None:
        name, node, texts = self._stack.pop()
        text = "".join(texts)
        if "\n" in text and not text.strip():  # printed for people
            text = ""
        above = self._stack[-1][1]
        value: object = node
        if not node or node.keys() == {"#attributes"}:
            value = {**node, "#text": text} if node and text else node or text or None
        _put(above, name, value)


def _put(above: Node, name: str, value: object) -> None:
    """Add an element; those of one name become a list, in which an empty one is empty text."""
    if name not in above:
        above[name] = value
        return
    held, one = above[name], "" if value is None else value
    if isinstance(held, list):
        held.append(one)
    else:
        above[name] = ["" if held is None else held, one]
