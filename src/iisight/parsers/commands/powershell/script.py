"""A script read from top to bottom: simple assignments are followed, blocks are read as if they ran once."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from iisight.model.activity import Action
from iisight.parsers.commands.places import written
from iisight.parsers.commands.powershell.cmdlets import Call, Signature, bind, parameter, run, signatures
from iisight.parsers.commands.powershell.lexer import Kind, Token, tokens
from iisight.parsers.commands.powershell.objects import assigned, called, element_at
from iisight.parsers.commands.powershell.values import (
    Node,
    TypeName,
    Value,
    added,
    cast,
    indexed,
    items_of,
    operated,
    reached,
    text_of,
)
from iisight.parsers.commands.words import Program

MAX_DEPTH = 40  # of brackets in one another
MAX_TEXTS = 6  # of scripts in strings of one another
MAX_FOUND = 4_096  # actions and programs of one script
MAX_WORK = 64 * 1024 * 1024  # characters of all values that one script makes, those of scripts inside it included

_KEYWORDS = frozenset((  # about_Language_Keywords
    "if", "elseif", "else", "foreach", "for", "while", "do", "until", "switch", "try", "catch", "finally",
    "return", "throw", "function", "filter", "param", "begin", "process", "end", "in", "trap", "exit", "break",
    "continue", "class", "using", "workflow", "data",
))  # fmt: skip
_CONSTANTS: dict[str, Value] = {"true": "true", "false": "false", "null": ""}
_GLUES = (Kind.WORD, Kind.STRING, Kind.VARIABLE, Kind.MEMBER)

Found = Action | Program


@dataclass(slots=True)
class _Work:
    """What may still be done for a script. A value that would cost more is not known."""

    left: int = MAX_WORK

    def of(self, value: Value) -> bool:
        """Pay for work with a value; tell whether it may be done."""
        self.left -= 1 + (len(value) if isinstance(value, str | list | Mapping) else 0)
        return self.left > 0


def read(text: str) -> list[Found]:
    """Return what a script does itself and the programs it starts, in order."""
    return _read(text, 0, _Work())


def _read(text: str, depth: int, work: _Work) -> list[Found]:
    if not work.of(text):
        return []
    reader = _Reader(tokens(text), work, depth=depth)
    while reader.at < len(reader.tokens) and len(reader.found) < MAX_FOUND:
        before = reader.at
        reader.statement(0)
        if reader.at == before:
            reader.at += 1
    return reader.found


@dataclass(slots=True)
class _Reader:
    tokens: Sequence[Token]
    work: _Work
    depth: int = 0  # of texts in one another
    at: int = 0
    values: dict[str, Value] = field(default_factory=dict)
    found: list[Found] = field(default_factory=list)
    last: tuple[Value, str] = (None, "")  # the object and member that the last expression ended with

    def peek(self, ahead: int = 0) -> Token | None:
        """Return a token that is not taken yet."""
        return self.tokens[self.at + ahead] if self.at + ahead < len(self.tokens) else None

    def sees(self, *signs: str) -> bool:
        """Tell whether one of these signs comes next."""
        token = self.peek()
        return token is not None and token.kind is Kind.SIGN and token.text in signs

    def take(self) -> Token:
        """Return the next token."""
        self.at += 1
        return self.tokens[self.at - 1]

    def statement(self, depth: int) -> Value:
        """Read one statement; return its value."""
        token = self.peek()
        if token is None or depth > MAX_DEPTH:
            return None
        if token.kind is Kind.END or self.sees("{", "}"):
            self.at += 1
            return None
        if token.kind is Kind.WORD and token.text.lower() in _KEYWORDS:
            self.at += 1 + (token.text.lower() in ("function", "filter", "class"))
            return None
        following, third = self.peek(1), self.peek(2)
        if (
            token.kind is Kind.TYPE
            and following
            and following.kind is Kind.VARIABLE
            and third
            and third.kind is Kind.ASSIGN
        ):
            self.at += 1
        return self.pipeline(depth)

    def pipeline(self, depth: int) -> Value:
        """Read commands joined by `|`, or an assignment."""
        token = self.peek()
        name = token.text if token and token.kind is Kind.VARIABLE else ""
        self.last = (None, "")
        value = self.element(None, depth)
        following = self.peek()
        if following is not None and following.kind is Kind.ASSIGN:
            self.at += 1
            held, member = self.last
            given = self.pipeline(depth + 1) if depth < MAX_DEPTH else None
            self.assign(name, held, member, self.sum(value, given) if following.text == "+=" else given)
            return None
        while self.sees("|"):
            self.at += 1
            value = self.element(value, depth)
        return value

    def assign(self, name: str, held: Value, member: str, value: Value) -> None:
        """Give a variable or a property a value."""
        if member:
            if isinstance(held, dict):
                held[member] = value
            self.found.extend(assigned(held, member.lower(), value))
        elif isinstance(held, Node):
            self.found.extend(assigned(held, "value", value))
        elif name:
            self.values[name] = value

    def element(self, piped: Value, depth: int) -> Value:
        """Read a command or an expression."""
        token = self.peek()
        if token is None or depth > MAX_DEPTH:
            return None
        if token.kind is Kind.END and piped is not None:
            self.at += 1
            return self.element(piped, depth)
        if self.sees("&", "."):
            self.at += 1
            plain = self.peek()
            name = self.primary(depth + 1)
            hidden = plain is not None and plain.kind not in (Kind.STRING, Kind.WORD)
            return self.command(text_of(name), piped, depth, ("name in a value",) if hidden else ())
        if token.kind is Kind.WORD and not token.text[:1].isdigit():
            self.at += 1
            name, notes = token.text, ("name hidden by backticks or quotes",) if token.escaped else ()
            while (more := self.peek()) is not None and more.glued and more.kind in (Kind.VARIABLE, Kind.STRING):
                name += text_of(self.atom(depth + 1))
            return self.command(name, piped, depth, notes)
        return self.expression(depth)

    def command(self, name: str, piped: Value, depth: int, notes: tuple[str, ...]) -> Value:
        """Read a command's arguments and run it."""
        signature = signatures().get(name.lower().rpartition("\\")[2]) if not name.lower().endswith(".exe") else None
        call, words, start = Call(name, piped=piped), [name], len(self.found)
        while not self.ended():
            before = self.at
            self.argument(call, words, signature, depth)
            if self.at == before:
                self.at += 1
        if signature is None:
            if name and name.lower() not in _KEYWORDS:
                self.found.append(Program(tuple(words), notes=notes))
            return None
        call = bind(call, signature)
        actions: list[Action] = []
        if signature.name == "invoke-expression":
            self.nested(text_of(call.named.get("command", piped)))
        elif signature.name == "start-process":
            line = [text_of(item) for item in items_of(call.named.get("argumentlist"))]
            self.found.append(
                Program((call.get("filepath"), *" ".join(line).split()), " ".join((call.get("filepath"), *line)))
            )
        value = run(call, actions)
        self.found.extend(_noted(action, notes) for action in actions)
        return value if len(self.found) >= start else None

    def sum(self, left: Value, right: Value) -> Value:
        """Return left + right."""
        return added(left, right) if self.work.of(left) and self.work.of(right) else None

    def nested(self, text: str) -> None:
        """Read a script that stood in a value."""
        if self.depth < MAX_TEXTS and text:
            for item in _read(text, self.depth + 1, self.work):
                self.found.append(_noted(item, ("in a string that is run",)))

    def ended(self) -> bool:
        """Tell whether a command's arguments are over."""
        token = self.peek()
        return token is None or token.kind is Kind.END or self.sees("|", ")", "}", "&")

    def argument(self, call: Call, words: list[str], signature: Signature | None, depth: int) -> None:
        """Read one argument into the call and into the words of a program."""
        token = self.take()
        if token.kind is Kind.SIGN and token.text == ">":
            target = self.listed(depth) if not self.ended() else None
            self.found.extend(written("redirection", text_of(target)))
        elif token.kind is Kind.PARAMETER:
            self.named(token, call, words, signature, depth)
        elif token.kind is Kind.SPLAT:
            table = self.values.get(token.text)
            for name, value in table.items() if isinstance(table, dict) else ():
                call.named[parameter(signature, str(name)) if signature else str(name)] = value
        elif token.kind is Kind.WORD and signature and token.text[:1] == "-" and ":" in token.text:
            name, _, rest = token.text[1:].partition(":")
            call.named[parameter(signature, name)] = rest
        else:
            self.at -= 1
            value = self.listed(depth)
            call.positional.append(value)
            words.extend(text_of(item) for item in items_of(value)[:256])

    def named(self, token: Token, call: Call, words: list[str], signature: Signature | None, depth: int) -> None:
        """Read a parameter and its value."""
        name = token.text.rstrip(":")
        following = self.peek()
        if signature is None:
            glued = token.text.endswith(":") and following is not None and following.glued and not self.ended()
            words.append(f"-{token.text}" + (text_of(self.listed(depth)) if glued else ""))
            return
        name = parameter(signature, name)
        takes = name not in signature.switches and not self.ended()
        if takes and following is not None and following.kind is not Kind.PARAMETER:
            call.named[name] = self.listed(depth)
        else:
            call.named[name] = "true"
            if token.text.endswith(":") and not self.ended():
                self.listed(depth)

    def listed(self, depth: int) -> Value:
        """Read an argument: a value, or several with commas."""
        values = [self.joined(depth)]
        while self.sees(","):
            self.at += 1
            values.append(self.joined(depth))
        return values if len(values) > 1 else values[0]

    def joined(self, depth: int) -> Value:
        """Read an argument made of pieces without a space between them."""
        value = self.primary(depth + 1)
        while (token := self.peek()) is not None and token.glued and token.kind in _GLUES:
            value = text_of(value) + (
                f".{self.take().text}" if token.kind is Kind.MEMBER else text_of(self.atom(depth + 1))
            )
        return value

    def expression(self, depth: int) -> Value:
        """Read values joined by operators."""
        token = self.peek()
        if token is not None and token.kind is Kind.PARAMETER:
            self.at += 1
            right = self.items(depth)
            return operated("join", right, "") if token.text.lower() == "join" else right
        value = self.items(depth)
        while (token := self.peek()) is not None:
            if self.sees("+"):
                self.at += 1
                value = self.sum(value, self.items(depth))
            elif token.kind is Kind.PARAMETER:
                self.at += 1
                right = self.items(depth)
                value = operated(token.text.lower(), value, right) if self.work.of(value) else None
            else:
                break
        return value

    def items(self, depth: int) -> Value:
        """Read values joined by commas."""
        values = [self.primary(depth + 1)]
        while self.sees(","):
            self.at += 1
            while (token := self.peek()) is not None and token.kind is Kind.END and token.text != ";":
                self.at += 1
            values.append(self.primary(depth + 1))
        return values if len(values) > 1 else values[0]

    def primary(self, depth: int) -> Value:
        """Read one value with its members and indexes."""
        value = self.atom(depth)
        self.last = (None, "")
        while (token := self.peek()) is not None and token.glued and depth < MAX_DEPTH:
            if token.kind is Kind.MEMBER:
                value = self.member(value, depth)
            elif self.sees("["):
                self.at += 1
                at = self.expression(depth + 1)
                self.at += self.sees("]")
                held = element_at(value, text_of(at)) if isinstance(value, Node) else indexed(value, at)
                self.last = (held, "") if isinstance(held, Node) else (value, text_of(at))
                value = held
            else:
                break
        return value

    def member(self, value: Value, depth: int) -> Value:
        """Read `.Name`, or a call of it."""
        name = self.take().text
        given: list[Value] = []
        token = self.peek()
        if token is not None and token.glued and self.sees("("):
            inner = self.bracket(depth)
            given = inner if isinstance(inner, list) else [] if inner is None else [inner]
        self.last = (value, name)
        actions: list[Action] = []
        low = name.lower()
        if low == "invoke" and isinstance(value, str):
            self.nested(value)
        held = value[0] if isinstance(value, list) and len(value) == 1 else value
        plain = reached(held, low, given) if self.work.of(held) else None
        if plain is None:
            plain = called(held, low, given, actions)
        self.found.extend(actions)
        return plain

    def atom(self, depth: int) -> Value:
        """Read a value without members."""
        token = self.peek()
        if token is None or token.kind is Kind.END or self.sees(")", "}", "|"):
            return None
        if depth > MAX_DEPTH:
            self.at += 1
            return None
        if self.sees("(", "$(", "@("):
            value = self.bracket(depth)
            return items_of(value) if token.text == "@(" else value
        if self.sees("@{"):
            return self.table(depth)
        self.at += 1
        if token.kind is Kind.VARIABLE:
            return self.variable(token.text)
        if token.kind is Kind.STRING and token.parts:
            return "".join(text_of(self.variable(text)) if named else text for named, text in token.parts)
        if token.kind is Kind.TYPE:
            following = self.peek()
            if following is not None and (following.kind is Kind.MEMBER or following.kind is Kind.END or self.ended()):
                return TypeName(token.text)
            return cast(token.text, self.primary(depth + 1))
        return token.text if token.kind in (Kind.STRING, Kind.WORD) else None

    def variable(self, name: str) -> Value:
        """Return a variable's value; one that is not known stands for itself."""
        short = name.removeprefix("script:").removeprefix("global:").removeprefix("local:")
        if short in self.values:
            return self.values[short]
        if short in _CONSTANTS:
            return _CONSTANTS[short]
        return f"%{short[4:]}%" if short.startswith("env:") else f"${short}"

    def bracket(self, depth: int) -> Value:
        """Read what stands in parentheses; return the value of its last statement."""
        self.at += 1
        value: Value = None
        while self.at < len(self.tokens) and not self.sees(")"):
            before = self.at
            value = self.statement(depth + 1)
            if self.at == before:
                self.at += 1
        self.at += 1
        return value

    def table(self, depth: int) -> Value:
        """Read a hash table."""
        self.at += 1
        held: dict[str, Value] = {}
        while (token := self.peek()) is not None and not self.sees("}"):
            self.at += 1
            following = self.peek()
            if following is not None and following.kind is Kind.ASSIGN:
                self.at += 1
                name = text_of(self.variable(token.text)) if token.kind is Kind.VARIABLE else token.text
                held[name] = self.pipeline(depth + 1) if depth < MAX_DEPTH else None
        self.at += 1
        return held


def _noted(item: Found, notes: tuple[str, ...]) -> Found:
    if not notes:
        return item
    if isinstance(item, Program):
        return replace(item, notes=tuple(dict.fromkeys((*notes, *item.notes))))
    return replace(item, note="; ".join(filter(None, (item.note, *notes))))
