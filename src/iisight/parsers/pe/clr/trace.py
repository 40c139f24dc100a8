"""Follow delegates through the IL to the calls that subscribe to events.

One pass over a method's instructions, with a stack of what little is told apart: the application, and delegates by the
methods they call. Where ways meet, what either brings is kept; whatever else happens to a value makes it unknown.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from iisight.parsers.pe.clr import il
from iisight.parsers.pe.clr.methods import Methods

MAX_STEPS = 50_000  # instructions followed, of an assembly
MAX_CALLS = 8  # depth
MAX_STACK = 64
MAX_VALUES = 16  # methods of one delegate

APPLICATION = frozenset({""})  # stands for the HttpApplication: a delegate of no method
Value = frozenset[str]
UNKNOWN: Value = frozenset()

_ARGUMENTS = {0x02: 0, 0x03: 1, 0x04: 2, 0x05: 3}
_LOADS = {0x06: 0, 0x07: 1, 0x08: 2, 0x09: 3}
_STORES = {0x0A: 0, 0x0B: 1, 0x0C: 2, 0x0D: 3}
_LDARG, _STARG, _LDLOC, _STLOC = (0x0E, 0x109), (0x10, 0x10B), (0x11, 0x10C), (0x13, 0x10E)
_DUP, _RET, _CASTS = 0x25, 0x2A, (0x74, 0x75)
_LDFLD, _STFLD, _LDSFLD, _STSFLD = 0x7B, 0x7D, 0x7E, 0x80
_LEAVE = (0xDD, 0xDE)
_CARRIERS = ("get_BeginEventHandler", "get_EndEventHandler", "Combine")  # give back what they were given


@dataclass(slots=True)
class _Frame:
    """A method being followed."""

    method: int
    depth: int
    code: bytes
    arguments: dict[int, Value]
    locals: dict[int, Value] = field(default_factory=dict)
    stack: list[Value] = field(default_factory=list)
    meets: dict[int, list[Value]] = field(default_factory=dict)  # stacks that branches bring to a place
    returned: Value = UNKNOWN

    def pop(self, count: int) -> list[Value]:
        """Take values away; those that are not there are unknown."""
        taken = [self.stack.pop() if self.stack else UNKNOWN for _ in range(count)]
        return taken[::-1]

    def push(self, value: Value) -> None:
        """Put a value on the stack."""
        if len(self.stack) < MAX_STACK:
            self.stack.append(value)


class Tracer:
    """Follows methods within one budget. `found` says what is subscribed to, and by which call."""

    def __init__(self, methods: Methods, bodies: il.Bodies, events: Mapping[int, str]) -> None:
        """Start with a full budget."""
        self._methods = methods
        self._bodies = bodies
        self._events = events
        self._fields: dict[int, Value] = {}
        self._left = MAX_STEPS
        self.found: dict[tuple[int, int], tuple[str, Value]] = {}  # (method, offset) → event, handlers
        self.visited: set[int] = set()

    @property
    def is_spent(self) -> bool:
        """Tell whether the budget is used up."""
        return self._left <= 0

    def follow(self, method: int, arguments: list[Value], depth: int = 0) -> Value:
        """Follow a method; return what it returns."""
        self.visited.add(method)
        if self._left <= 0:
            return UNKNOWN
        code = self._bodies.code(method)
        frame = _Frame(method, depth, code, dict(enumerate(arguments)))
        self._left -= len(code) // 64
        is_dead = False
        for instruction in il.instructions(code):
            if self._left <= 0:
                break
            self._left -= 1
            brought = frame.meets.pop(instruction.offset, None)
            if brought is not None:
                frame.stack = brought if is_dead else _merged(frame.stack, brought)
            elif is_dead:
                frame.stack = []
            is_dead = self._step(frame, instruction)
        return frame.returned

    def _step(self, frame: _Frame, instruction: il.Instruction) -> bool:
        """Do one instruction; tell whether what follows is reached by branches alone."""
        code = instruction.code
        opcode = il.opcodes()[code]
        if opcode is None:
            return True
        if opcode.flow:
            return self._flow(frame, instruction, opcode)
        if code in (il.CALL, il.CALLVIRT, il.NEWOBJ):
            self._call(frame, instruction)
        elif not self._moved(frame, instruction):
            frame.pop(opcode.pops or 0)
            for _ in range(opcode.pushes or 0):
                frame.push(UNKNOWN)
        return False

    def _flow(self, frame: _Frame, instruction: il.Instruction, opcode: il.Opcode) -> bool:
        if instruction.code == _RET:
            frame.returned = _both(frame.returned, frame.stack[-1] if frame.stack else UNKNOWN)
        frame.pop(opcode.pops or 0)
        if instruction.code in _LEAVE:
            frame.stack = []
        if opcode.flow in ("jump", "branch"):
            for goal in il.branch_targets(frame.code, instruction):
                if goal > instruction.offset:
                    frame.meets[goal] = _merged(frame.meets.get(goal, frame.stack), frame.stack)
        return opcode.flow != "branch"

    def _moved(self, frame: _Frame, instruction: il.Instruction) -> bool:
        """Do what only moves a value; tell whether it was that."""
        code, operand = instruction.code, instruction.operand
        if code in _ARGUMENTS or code in _LDARG:
            frame.push(frame.arguments.get(_ARGUMENTS.get(code, operand), UNKNOWN))
        elif code in _LOADS or code in _LDLOC:
            frame.push(frame.locals.get(_LOADS.get(code, operand), UNKNOWN))
        elif code in _STORES or code in _STLOC:
            frame.locals[_STORES.get(code, operand)] = frame.pop(1)[0]
        elif code in _STARG:
            frame.arguments[operand] = frame.pop(1)[0]
        elif code == _DUP:
            value = frame.pop(1)[0]
            frame.push(value)
            frame.push(value)
        else:
            return code in _CASTS or self._moved_field(frame, instruction)
        return True

    def _moved_field(self, frame: _Frame, instruction: il.Instruction) -> bool:
        code, operand = instruction.code, instruction.operand
        if code in (_LDFLD, _LDSFLD):
            frame.pop(code == _LDFLD)
            frame.push(self._fields.get(operand, UNKNOWN))
        elif code in (_STFLD, _STSFLD):
            self._fields[operand] = frame.pop(2 if code == _STFLD else 1)[-1]
        elif code in (il.LDFTN, il.LDVIRTFTN):
            frame.pop(code == il.LDVIRTFTN)
            name = self._methods.name(operand)
            frame.push(frozenset({name}) if name and not name.endswith("::Invoke") else UNKNOWN)
        else:
            return False
        return True

    def _call(self, frame: _Frame, instruction: il.Instruction) -> None:
        token = instruction.operand
        shape = self._methods.shape(token)
        is_new = instruction.code == il.NEWOBJ
        given = frame.pop(shape.parameters + (shape.has_this and not is_new))
        if token in self._events:
            self._subscribe(frame, instruction, given[1] if len(given) > 1 else UNKNOWN)
        result = self._result(frame, token, [UNKNOWN, *given] if is_new else given, is_new)
        if is_new or shape.returns:
            frame.push(result)

    def _result(self, frame: _Frame, token: int, given: list[Value], is_new: bool) -> Value:
        """Follow a call of this assembly that is given something; return what comes of it."""
        method = self._methods.defined(token)
        if method and any(given) and frame.depth < MAX_CALLS:
            returned = self.follow(method, given, frame.depth + 1)
            return UNKNOWN if is_new else returned
        carried = frozenset[str]().union(*given) - APPLICATION
        return carried if not method and (is_new or self._methods.member(token) in _CARRIERS) else UNKNOWN

    def _subscribe(self, frame: _Frame, instruction: il.Instruction, handlers: Value) -> None:
        key = (frame.method, instruction.offset)
        _, known = self.found.get(key, ("", UNKNOWN))
        self.found[key] = (self._events[instruction.operand], _both(known, handlers - APPLICATION))


def _both(one: Value, other: Value) -> Value:
    """Return what either value may be."""
    both = one | other
    return both if len(both) <= MAX_VALUES else UNKNOWN


def _merged(one: list[Value], other: list[Value]) -> list[Value]:
    """Return a stack that two ways bring to one place."""
    return [_both(a, b) for a, b in zip(one, other, strict=False)]
