"""Follow a function on every path with what is known of its values, within bounds."""

from dataclasses import dataclass, field

from iisight.examine.native import steps
from iisight.examine.native.choices import Choice, find_choice, tried
from iisight.examine.native.code import Code, Step
from iisight.examine.native.external import Outside, is_without_return
from iisight.examine.native.machine import Machine
from iisight.examine.native.operands import Immediate
from iisight.examine.native.space import CHECK, DISPATCH, Space
from iisight.examine.native.state import Calls, State, merge, merge_calls
from iisight.examine.native.values import UNKNOWN, Value, add, constant, is_watched, unsure

MAX_STEPS = 8_000  # instructions followed of one function, each time one is passed; what is long to keep counts too
CELLS = 32  # bytes of memory known in a state, the handling of which counts as one instruction
MAX_ASIDE = 400  # of a function that is not given what is watched
MAX_DEPTH = 10  # functions called one in another
MAX_STATES = 8  # at one place, before they are merged
MAX_MERGES = 8  # at one place, before what differs is given up

_ENDS = frozenset({"int3", "ud2", "hlt", "int", "iretd", "iretq", "retf"})


class _TooLongError(Exception):
    """A function aside took more instructions than it may."""


@dataclass(slots=True)
class _Frame:
    """One function that is being followed."""

    entry: int
    chain: tuple[int, ...]  # places of the calls that led here
    watched: bool  # it was given what is watched
    callers: frozenset[int]  # entries of the functions it is called from
    back: Value  # its return address
    before: State  # at the call
    seen: dict[int, list[State]] = field(default_factory=dict)
    merges: dict[int, int] = field(default_factory=dict)
    work: list[tuple[int, State]] = field(default_factory=list)
    exits: list[State] = field(default_factory=list)


class Interpreter:
    """Follows one exported function."""

    def __init__(self, space: Space) -> None:
        """Start with a full budget."""
        self.machine = Machine(space)
        self.space = space
        self.code = Code(space)
        self.outside = Outside(self.machine, self.code)
        self.undecided: dict[str, None] = {}
        self.ended: Calls = {}  # calls of the paths that do not return
        self._left = MAX_STEPS
        self._steps = 0
        self._floor = 0  # where `_left` may fall to before a function aside is given up
        self.exhausted = False

    def run(self, entry: int, state: State) -> list[State]:
        """Follow the function; return its states where it returns."""
        back = Value("caller", 0)
        self.machine.push(state, back, entry)
        frame = _Frame(entry, (), True, frozenset(), back, state.copy())
        self._function(frame, state)
        return frame.exits

    @property
    def spent(self) -> int:
        """Return how many instructions were followed."""
        return self._steps

    def doubt(self, reason: str, frame: _Frame) -> None:
        """Say what could not be decided, once; of functions that are not given what is watched nothing is expected."""
        if frame.watched:
            self.undecided.setdefault(reason)

    def _function(self, frame: _Frame, state: State) -> None:
        """Follow every path of a function from its entry."""
        self._admit(frame, frame.entry, state)
        while frame.work:
            address, state = frame.work.pop()
            if self.exhausted:
                self._end(state)
            else:
                self._path(frame, address, state)

    def _admit(self, frame: _Frame, address: int, state: State) -> None:
        """Follow a path on from a place, unless it was passed with the same before."""
        self._left -= len(state.memory) // CELLS
        known = frame.seen.setdefault(address, [])
        if any(state.same(other) for other in known):
            return
        if len(known) >= MAX_STATES:
            count = frame.merges[address] = frame.merges.get(address, 0) + 1
            merged = merge(known[-1], state)
            if count > MAX_MERGES:
                merged = _give_up(known[-1], merged)
            if merged.same(known[-1]):
                return
            known[-1] = state = merged
        else:
            known.append(state)
        frame.work.append((address, state.copy()))

    def _end(self, state: State) -> None:
        """Keep the calls of a path that ends here."""
        self.ended = merge_calls(self.ended, state.calls) if state.calls else self.ended

    def _path(self, frame: _Frame, address: int, state: State) -> None:
        """Follow one path to where it ends or meets another."""
        first = True
        while True:
            if not first and address in frame.seen:
                self._admit(frame, address, state)
                return
            first = False
            step = self.code.step(address) if self._spend() else None
            if step is None:
                if not self.exhausted:
                    self.doubt(f"the code at {self.place(address)} cannot be read", frame)
                self._end(state)
                return
            follow = self._step(frame, step, state)
            if follow is None:
                return
            address = follow

    def _spend(self) -> bool:
        """Take one instruction from the budget."""
        self._left -= 1 + self.machine.touched // CELLS
        self._steps += 1
        self.machine.touched = 0
        if self._left <= 0:
            self.exhausted = True
            return False
        if self._left < self._floor:
            raise _TooLongError
        return True

    def _step(self, frame: _Frame, step: Step, state: State) -> int | None:
        """Do one instruction; return where the path goes on."""
        name = step.name
        if name == "call":
            return self._call(frame, step, state)
        if name == "jmp":
            return self._jump(frame, step, state)
        if name == "ret":
            self._return(frame, step, state)
            return None
        if name in _ENDS:
            self._end(state)
            return None
        if (name[0] == "j" or name.startswith("loop")) and step.operands:
            return self._branch(frame, step, state)
        condition = steps.condition_of(step)
        if condition and steps.decide(state, condition) is None:
            # What depends on one condition stays together: the other outcome is a path of its own.
            other = steps.assume(state, condition, holds=False)
            steps.apply(self.machine, other, step)
            self._admit(frame, step.end, other)
            state.compared = steps.assume(state, condition, holds=True).compared
        steps.apply(self.machine, state, step)
        return step.end

    def _branch(self, frame: _Frame, step: Step, state: State) -> int:
        """Follow a conditional jump to both sides, or to the one that is taken."""
        target = step.operands[0].number if isinstance(step.operands[0], Immediate) else step.end
        condition = steps.condition_of(step)
        taken = steps.decide(state, condition) if condition else None
        if taken is None:
            other = steps.assume(state, condition, holds=True)
            other.choice = find_choice(other, condition, holds=True, address=target) or state.choice
            self._admit(frame, target, other)
            state.compared = steps.assume(state, condition, holds=False).compared
            state.choice = find_choice(state, condition, holds=False, address=step.end) or state.choice
        return target if taken else step.end

    def _jump(self, frame: _Frame, step: Step, state: State) -> int | None:
        """Follow a jump, which may be a call in the place of a return."""
        target = self.machine.read(state, step.operands[0], step.end) if step.operands else UNKNOWN
        if target.base == DISPATCH:
            target = state.registers.get("rax", UNKNOWN)
        if target.is_constant and self.space.is_code(target.number):
            return target.number
        if isinstance(state.choice, Choice) and not is_watched(target):
            frame.work += ((state.choice.address, other) for other in tried(state.choice))
            return None
        after = self._outside(frame, step, state, target, 0)
        if after is not None:
            self._leave(frame, after, 0)
        return None

    def _call(self, frame: _Frame, step: Step, state: State) -> int | None:
        """Follow a call and go on behind it."""
        target = self.machine.read(state, step.operands[0], step.end) if step.operands else UNKNOWN
        if target.base == CHECK:
            return step.end
        if target.base == DISPATCH:
            target = state.registers.get("rax", UNKNOWN)
        self.machine.push(state, constant(step.end), step.address)
        if target == constant(step.end):
            return step.end  # how code that may lie anywhere learns where it does
        if target.is_constant and self.space.is_code(target.number):
            after = self._inside(frame, step, state, target.number)
        else:
            after = self._outside(frame, step, state, target, step.end)
            if after is not None:
                self.outside.pop(after, 0)
        if after is None:
            return None
        if after is not state:
            state.registers, state.memory, state.calls = after.registers, after.memory, after.calls
        state.compared = state.choice = None
        return step.end

    def _outside(self, frame: _Frame, step: Step, state: State, target: Value, back: int) -> State | None:
        """Pass over a function that is not in the image, or one of the watched object; the return address is pushed."""
        self._left -= len(state.memory) // CELLS
        if is_without_return(target):
            self._end(state)
            return None
        behind = back or (frame.back.number if frame.back.is_constant else 0)
        slot = self.outside.method(target)
        if slot is not None:
            problem = self.outside.ask(state, slot, (frame.chain, step.address), step.address, behind)
        else:
            problem = self.outside.skip(state, target, step.address, behind)
        if problem:
            self.undecided.setdefault(f"{problem} at {self.place(step.address)}")
        return state

    def _inside(self, frame: _Frame, step: Step, state: State, target: int) -> State | None:
        """Follow a function of the image; None when it does not return."""
        self._left -= len(state.memory) // CELLS
        watched = self.outside.carries(state, 1)
        deep = len(frame.chain) >= (MAX_DEPTH if watched else MAX_DEPTH // 2)
        if deep or target in frame.callers or target == frame.entry:
            return self._give_up_on(frame, step, state, target, watched=watched)
        callers = frame.callers | {frame.entry}
        inner = _Frame(target, (*frame.chain, step.address), watched, callers, constant(step.end), state.copy())
        floor = self._floor
        try:
            if not watched:
                self._floor = max(floor, self._left - MAX_ASIDE)
            self._function(inner, state.copy())
        except _TooLongError:
            if watched or self._left < floor:
                raise
            self._floor = floor
            return self._give_up_on(frame, step, state, target, watched=False)
        finally:
            self._floor = floor
        if not inner.exits:
            return None
        after = inner.exits[0]
        for other in inner.exits[1:]:
            after = merge(after, other)
        return after

    def _give_up_on(self, frame: _Frame, step: Step, state: State, target: int, *, watched: bool) -> State:
        """Pass over a function of the image."""
        if watched:
            self.doubt(f"the function at {self.place(target)} could not be followed to its end", frame)
        self.outside.skip(state, constant(target), step.address, step.end)
        self.outside.pop(state, 0)
        return state

    def _return(self, frame: _Frame, step: Step, state: State) -> None:
        """Go back to the caller."""
        freed = step.operands[0].number if step.operands and isinstance(step.operands[0], Immediate) else 0
        self._leave(frame, state, freed)

    def _leave(self, frame: _Frame, state: State, freed: int) -> None:
        """Take the return address from the stack; where it is not there, what the convention promises is taken."""
        machine = self.machine
        back = machine.pop(state)
        if back == frame.back:
            state.registers["rsp"] = add(state.registers["rsp"], constant(freed), machine.mask)
        else:
            for name in ("rbx", "rbp", "rsi", "rdi", "r12", "r13", "r14", "r15"):
                if machine.word == 8 or not name[1:].isdigit():
                    state.registers[name] = frame.before.registers.get(name, UNKNOWN)
            top = frame.before.registers.get("rsp", UNKNOWN)
            state.registers["rsp"] = add(top, constant(machine.word + freed), machine.mask)
        top = state.registers["rsp"]
        if top.base == "sp" and top.is_exact:
            state.drop_below(top.number)
        state.compared = None
        frame.exits.append(state)

    def place(self, address: int) -> str:
        """Return an address as a report says it."""
        return f"RVA {address - self.space.base:#x}"


def _give_up(old: State, new: State) -> State:
    """Make unknown what changes still: a loop that never repeats itself ends so."""
    for name, value in new.registers.items():
        if value != old.registers.get(name):
            new.registers[name] = unsure(value)
    for place, (value, index) in new.memory.items():
        if (value, index) != old.memory.get(place):
            new.memory[place] = (unsure(value), index)
    return new
