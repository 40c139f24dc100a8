"""What each instruction does to a state. One that is not listed makes what it writes unknown."""

from collections.abc import Callable

from iisight.examine.native import values
from iisight.examine.native.code import Step
from iisight.examine.native.machine import Machine
from iisight.examine.native.operands import Memory, Register
from iisight.examine.native.state import Compared, State
from iisight.examine.native.values import UNKNOWN, ZERO, Value, constant, cut, join

MAX_FILL = 1024  # bytes that one `rep stos` or `rep movs` is followed for

_READS = frozenset({"nop", "endbr64", "endbr32", "pause", "mfence", "lfence", "sfence", "prefetchw", "cld", "std",
                    "fld", "vzeroupper", "emms", "bt", "comiss", "ucomiss", "comisd", "ucomisd"})  # fmt: skip
_WRITES = {
    "cpuid": ("rax", "rbx", "rcx", "rdx"),
    "rdtsc": ("rax", "rdx"),
    "xgetbv": ("rax", "rdx"),
    "mul": ("rax", "rdx"),
    "div": ("rax", "rdx"),
    "idiv": ("rax", "rdx"),
    "cmpxchg": ("rax",),
    "cmpxchg8b": ("rax", "rdx"),
    "cmpxchg16b": ("rax", "rdx"),
    "lodsb": ("rax", "rsi"),
    "lodsd": ("rax", "rsi"),
    "scasb": ("rdi", "rcx"),
    "scasw": ("rdi", "rcx"),
    "cmpsb": ("rsi", "rdi", "rcx"),
    "loop": ("rcx",),
}
_Effect = Callable[[Machine, State, Step], None]


def apply(machine: Machine, state: State, step: Step) -> None:
    """Do what an instruction does, jumps and calls apart."""
    effect = _EFFECTS.get(step.name)
    if effect is not None and (step.operands or step.name in _BARE):
        effect(machine, state, step)
        return
    if step.name.startswith("cmov"):
        _conditional_move(machine, state, step)
    elif step.name.startswith("set"):
        verdict = decide(state, step.name[3:])
        _write(machine, state, step, Value(None, 0, 1) if verdict is None else constant(int(verdict)))
    elif step.name not in _READS:
        _spoil(machine, state, step)


def decide(state: State, condition: str) -> bool | None:
    """Tell whether a condition holds; None when the flags are not known."""
    compared = state.compared
    if compared is None:
        return None
    condition = _SYNONYMS.get(condition, condition)
    for name, holds in compared.assumed:
        if condition in (name, _OPPOSITES.get(name)):
            return holds == (condition == name)
    if condition in ("e", "ne"):
        zero = _is_zero(compared.result)
        return None if zero is None else zero == (condition == "e")
    if not (compared.left.is_constant and compared.right.is_constant and compared.kind in ("cmp", "test")):
        return None
    mask = (1 << 8 * compared.size) - 1
    left, right = compared.left.number & mask, compared.right.number & mask
    if compared.kind == "test":
        left, right = left & right, 0
    signed = _signed(left, compared.size), _signed(right, compared.size)
    answers = {
        "b": left < right, "ae": left >= right, "be": left <= right, "a": left > right,
        "l": signed[0] < signed[1], "ge": signed[0] >= signed[1],
        "le": signed[0] <= signed[1], "g": signed[0] > signed[1],
    }  # fmt: skip
    if right == 0:
        answers |= {"s": signed[0] < 0, "ns": signed[0] >= 0}
    return answers.get(condition)


def assume(state: State, condition: str, *, holds: bool) -> State:
    """Return the state of a path on which a condition holds, or does not."""
    path = state.copy()
    compared = state.compared or Compared(UNKNOWN, UNKNOWN, UNKNOWN, 8, "other")
    assumed = (*compared.assumed, (_SYNONYMS.get(condition, condition), holds))
    path.compared = compared._replace(assumed=assumed)
    return path


def condition_of(step: Step) -> str:
    """Return the condition of a jump, move or set; empty for other instructions."""
    if step.name in ("adc", "sbb"):
        return "b"
    for prefix in ("cmov", "set", "j"):
        if step.name.startswith(prefix) and step.name not in ("jmp", "jcxz", "jecxz", "jrcxz"):
            return step.name[len(prefix) :]
    return ""


def _is_zero(value: Value) -> bool | None:
    """Tell whether a value is zero, as far as its bits do."""
    if value.base is not None:
        return False if value.base == "info@" and value.is_exact and not value.number else None
    return False if value.number else None if value.maybe else True


def _signed(number: int, size: int) -> int:
    """Return a number of `size` bytes with its sign."""
    return number - (1 << 8 * size) if number >> (8 * size - 1) & 1 else number


def _write(machine: Machine, state: State, step: Step, value: Value, index: int = 0) -> None:
    """Write an operand of the instruction."""
    machine.write(state, step.operands[index], value, (step.address, step.end))


def _read(machine: Machine, state: State, step: Step, index: int) -> Value:
    """Read an operand of the instruction."""
    return machine.read(state, step.operands[index], step.end)


def _spoil(machine: Machine, state: State, step: Step) -> None:
    """Make unknown what an instruction without a description writes."""
    for name in _WRITES.get(step.name, ()):
        state.registers[name] = UNKNOWN
    if step.operands:
        if isinstance(step.operands[0], Register) and step.operands[0].name.startswith("xmm"):
            state.registers[step.operands[0].name + "h"] = UNKNOWN
        _write(machine, state, step, UNKNOWN)
    if step.name in ("xadd", "cmpxchg"):
        _write(machine, state, step, UNKNOWN, 1 if step.name == "xadd" else 0)
    state.compared = None


def _conditional_move(machine: Machine, state: State, step: Step) -> None:
    """`cmovcc`: one of two values, or what they share."""
    verdict = decide(state, step.name[4:])
    new, old = _read(machine, state, step, 1), _read(machine, state, step, 0)
    _write(machine, state, step, join(new, old) if verdict is None else new if verdict else old)


def _move(machine: Machine, state: State, step: Step) -> None:
    """`mov`."""
    _write(machine, state, step, cut(_read(machine, state, step, 1), machine.size(step.operands[0])))


def _move_signed(machine: Machine, state: State, step: Step) -> None:
    """`movsx`, `movsxd`."""
    source = machine.size(step.operands[1])
    _write(machine, state, step, values.extend(_read(machine, state, step, 1), source, machine.size(step.operands[0])))


def _address(machine: Machine, state: State, step: Step) -> None:
    """`lea`."""
    place = step.operands[1]
    _write(machine, state, step, machine.address(state, place, step.end) if isinstance(place, Memory) else UNKNOWN)


def _push(machine: Machine, state: State, step: Step) -> None:
    """`push`."""
    machine.push(state, _read(machine, state, step, 0), step.address)


def _pop(machine: Machine, state: State, step: Step) -> None:
    """`pop`."""
    _write(machine, state, step, machine.pop(state))


def _leave(machine: Machine, state: State, step: Step) -> None:
    """`leave`."""
    state.registers["rsp"] = state.registers.get("rbp", UNKNOWN)
    state.registers["rbp"] = machine.pop(state)


def _arithmetic(machine: Machine, state: State, step: Step) -> None:
    """`add`, `sub`, `and`, `or`, `xor`, `cmp`, `test`."""
    size = machine.size(step.operands[0])
    mask = (1 << 8 * size) - 1
    left, right = _read(machine, state, step, 0), cut(_read(machine, state, step, 1), size)
    name = step.name
    if name in ("adc", "sbb"):
        result = _with_carry(state, name, (left, right), mask)
    elif name in ("xor", "sub") and step.operands[0] == step.operands[1]:
        result = ZERO
    elif name == "test" and step.operands[0] == step.operands[1]:
        result = left
    else:
        result = cut(_RESULTS[name](left, right, mask), size)
    kind = {"cmp": "cmp", "sub": "cmp", "test": "test", "and": "other"}.get(name, "other")
    if name not in ("cmp", "test"):
        _write(machine, state, step, result)
    state.compared = Compared(left, right, result, size, kind)


def _with_carry(state: State, name: str, both: tuple[Value, Value], mask: int) -> Value:
    """Return the result of `adc` or `sbb`."""
    carry = decide(state, "b")
    left, right = both
    if carry is None:
        return values.unsure(left, right)
    function = values.add if name == "adc" else values.subtract
    result = ZERO if name == "sbb" and left == right else function(left, right, mask)
    return function(result, constant(int(carry)), mask)


def _step_by_one(machine: Machine, state: State, step: Step) -> None:
    """`inc`, `dec`."""
    size = machine.size(step.operands[0])
    by = constant(1 if step.name == "inc" else -1)
    result = cut(values.add(_read(machine, state, step, 0), by, (1 << 8 * size) - 1), size)
    _write(machine, state, step, result)
    state.compared = Compared(result, ZERO, result, size, "other")


def _negate(machine: Machine, state: State, step: Step) -> None:
    """`not`, `neg`."""
    size = machine.size(step.operands[0])
    mask = (1 << 8 * size) - 1
    value = _read(machine, state, step, 0)
    result = values.differ(value, constant(mask)) if step.name == "not" else values.subtract(ZERO, value, mask)
    _write(machine, state, step, result)
    state.compared = None


def _shift(machine: Machine, state: State, step: Step) -> None:
    """`shl`, `shr`, `sar` by a known distance; `sar` alone where the sign is known to be clear."""
    size = machine.size(step.operands[0])
    mask = (1 << 8 * size) - 1
    value = _read(machine, state, step, 0)
    by = _read(machine, state, step, 1) if len(step.operands) > 1 else constant(1)
    result = values.unsure(value)
    negative = (value.number | value.maybe) >> (8 * size - 1) & 1
    if by.is_constant and not (step.name == "sar" and negative):
        distance = by.number & (63 if size == 8 else 31)
        result = values.shift(value, distance if step.name in ("shl", "sal") else -distance, mask)
    _write(machine, state, step, result)
    state.compared = None


def _set_bit(machine: Machine, state: State, step: Step) -> None:
    """`bts`, `btr`, `btc`."""
    value, index = _read(machine, state, step, 0), _read(machine, state, step, 1)
    bit = constant(1 << (index.number & (8 * machine.size(step.operands[0]) - 1)))
    result = UNKNOWN
    if index.is_constant:
        flipped = {"bts": values.either, "btc": values.differ}.get(step.name)
        result = flipped(value, bit) if flipped else values.both(value, values.differ(constant(-1), bit))
    _write(machine, state, step, result)
    state.compared = None


def _multiply(machine: Machine, state: State, step: Step) -> None:
    """`imul` with two or three operands."""
    if len(step.operands) == 1:
        state.registers["rax"] = state.registers["rdx"] = UNKNOWN
    else:
        left, right = (_read(machine, state, step, i) for i in range(len(step.operands) - 2, len(step.operands)))
        known = left.is_constant and right.is_constant
        size = machine.size(step.operands[0])
        _write(machine, state, step, cut(constant(left.number * right.number), size) if known else UNKNOWN)
    state.compared = None


def _exchange(machine: Machine, state: State, step: Step) -> None:
    """`xchg`."""
    left, right = _read(machine, state, step, 0), _read(machine, state, step, 1)
    _write(machine, state, step, right)
    _write(machine, state, step, left, 1)


def _widen(machine: Machine, state: State, step: Step) -> None:
    """`cdqe`, `cwde`, `cdq`, `cqo`."""
    value = state.registers.get("rax", UNKNOWN)
    if step.name in ("cdqe", "cwde"):
        size = 4 if step.name == "cdqe" else 2
        state.registers["rax"] = values.extend(cut(value, size), size, 2 * size)
        return
    sign = 1 << (31 if step.name == "cdq" else 63)
    negative = value.base is not None or (value.number | value.maybe) & sign
    state.registers["rdx"] = UNKNOWN if negative else ZERO


def _move_wide(machine: Machine, state: State, step: Step) -> None:
    """`movups` and its like: sixteen bytes, as two halves."""
    target, source = step.operands
    for half, end in ((0, ""), (1, "h")):
        value = _half(machine, state, source, half, step.end)
        if isinstance(target, Register):
            state.registers[target.name + end] = value
        elif isinstance(target, Memory):
            machine.write(state, _part(target, half), value, (step.address, step.end))


def _move_low(machine: Machine, state: State, step: Step) -> None:
    """`movd`, `movq`: the low part; a register's rest becomes zero."""
    size = 4 if step.name.endswith("d") else 8
    target, source = step.operands
    if isinstance(source, Register) and source.name.startswith("xmm"):
        value = cut(state.registers.get(source.name, UNKNOWN), size)
    else:
        value = cut(_read(machine, state, step, 1), size)
    if isinstance(target, Register) and target.name.startswith("xmm"):
        state.registers[target.name], state.registers[target.name + "h"] = value, ZERO
    elif isinstance(target, Memory):
        machine.write(state, target._replace(size=size), value, (step.address, step.end))
    else:
        _write(machine, state, step, value)


def _clear_wide(machine: Machine, state: State, step: Step) -> None:
    """`pxor` and its like, with itself."""
    target = step.operands[0]
    zero = all(operand == target for operand in step.operands)
    if isinstance(target, Register):
        state.registers[target.name] = state.registers[target.name + "h"] = ZERO if zero else UNKNOWN


def _combine(machine: Machine, state: State, step: Step) -> None:
    """`punpcklqdq`, `movhps`, `movlhps`: the upper half comes from the other operand."""
    target, source = step.operands[:2]
    if isinstance(target, Register):
        state.registers[target.name + "h"] = _half(machine, state, source, 0, step.end)
    elif isinstance(target, Memory) and isinstance(source, Register):
        value = state.registers.get(source.name + "h", UNKNOWN)
        machine.write(state, target._replace(size=8), value, (step.address, step.end))


def _half(machine: Machine, state: State, operand: object, half: int, end: int) -> Value:
    """Return one half of sixteen bytes."""
    if isinstance(operand, Register):
        return state.registers.get(operand.name + ("h" if half else ""), UNKNOWN)
    return machine.read(state, _part(operand, half), end) if isinstance(operand, Memory) else UNKNOWN


def _part(place: Memory, half: int) -> Memory:
    """Return the place of one half."""
    return place._replace(size=8, displacement=place.displacement + 8 * half)


def _string(machine: Machine, state: State, step: Step) -> None:
    """`stos`, `movs`, repeated a known number of times or not."""
    if isinstance(step.operands[0], Register) and step.operands[0].name.startswith("xmm"):
        _spoil(machine, state, step)  # `movsd` of a double
        return
    size = {"b": 1, "w": 2, "d": 4, "q": 8}[step.name[-1]]
    count = state.registers.get("rcx", UNKNOWN) if step.prefix else constant(1)
    target, source = (state.registers.get(name, UNKNOWN) for name in ("rdi", "rsi"))
    copies = step.name.startswith("movs")
    if not count.is_constant or count.number * size > MAX_FILL:
        machine.store(state, Value(target.base, 0, values.WIDE), size, UNKNOWN, step.address)
        moved = UNKNOWN
    else:
        machine.touched += count.number * size
        for index in range(count.number):
            by = constant(index * size)
            value = state.registers.get("rax", UNKNOWN)
            if copies:
                value = machine.load(state, values.add(source, by, machine.mask), size)
            machine.store(state, values.add(target, by, machine.mask), size, cut(value, size), step.address)
        moved = constant(count.number * size)
    state.registers["rdi"] = values.add(target, moved, machine.mask)
    if copies:
        state.registers["rsi"] = values.add(source, moved, machine.mask)
    if step.prefix:
        state.registers["rcx"] = ZERO


_RESULTS: dict[str, Callable[[Value, Value, int], Value]] = {
    "add": values.add,
    "sub": values.subtract,
    "cmp": values.subtract,
    "and": lambda left, right, _: values.both(left, right),
    "test": lambda left, right, _: values.both(left, right),
    "or": lambda left, right, _: values.either(left, right),
    "xor": lambda left, right, _: values.differ(left, right),
}
_SYNONYMS = {"z": "e", "nz": "ne", "c": "b", "nc": "ae"}
_PAIRS = {"e": "ne", "b": "ae", "be": "a", "l": "ge", "le": "g", "s": "ns", "o": "no", "p": "np"}
_OPPOSITES = _PAIRS | {other: one for one, other in _PAIRS.items()}
_BARE = frozenset({"leave", "cdqe", "cwde", "cdq", "cqo"})
_EFFECTS: dict[str, _Effect] = {
    **dict.fromkeys(("mov", "movabs", "movzx"), _move),
    **dict.fromkeys(("movsx", "movsxd"), _move_signed),
    "lea": _address,
    "push": _push,
    "pop": _pop,
    "leave": _leave,
    **dict.fromkeys((*_RESULTS, "adc", "sbb"), _arithmetic),
    **dict.fromkeys(("inc", "dec"), _step_by_one),
    **dict.fromkeys(("not", "neg"), _negate),
    **dict.fromkeys(("shl", "sal", "shr", "sar"), _shift),
    **dict.fromkeys(("bts", "btr", "btc"), _set_bit),
    "imul": _multiply,
    "xchg": _exchange,
    **dict.fromkeys(("cdqe", "cwde", "cdq", "cqo"), _widen),
    **{v + n: _move_wide for v in ("", "v") for n in ("movups", "movaps", "movdqa", "movdqu", "movupd", "movapd")},
    **dict.fromkeys(("movd", "movq", "vmovd", "vmovq"), _move_low),
    **dict.fromkeys(("pxor", "xorps", "xorpd", "vpxor", "vxorps", "vxorpd"), _clear_wide),
    **dict.fromkeys(("punpcklqdq", "movhps", "movlhps", "movhpd"), _combine),
    **{n + s: _string for n in ("stos", "movs") for s in "bwdq"},
}
