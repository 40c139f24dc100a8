"""Calls in the IL that matter, with the constants given to them."""

from collections.abc import Iterable

from iisight.model.examination import Call
from iisight.parsers.pe.clr import il, schema
from iisight.parsers.pe.clr.methods import Methods
from iisight.parsers.pe.clr.names import Names
from iisight.parsers.pe.clr.sites import Finder
from iisight.parsers.pe.clr.targets import Targets

MAX_ARGUMENTS = 8

_TYPE_TABLES = (schema.TYPE_REF, schema.TYPE_DEF, schema.TYPE_SPEC)
_CALLS = (il.CALL, il.CALLVIRT, il.NEWOBJ)

_Constants = tuple[str, ...]


def read_calls(names: Names, finder: Finder, targets: Targets) -> tuple[Call, ...]:
    """Return the calls; of a target that is called very often, the first ones."""
    methods = Methods(names)
    return tuple(
        Call(
            targets.calls[site.instruction.operand],
            names.method(site.method),
            site.instruction.offset,
            _arguments(names, methods, site.before, site.instruction),
        )
        for site in finder.sites(targets.calls)
    )


def _arguments(
    names: Names, methods: Methods, before: Iterable[il.Instruction], call: il.Instruction
) -> tuple[str, ...]:
    """Return texts and types that the arguments are, or are made of."""
    stack: list[_Constants] = []
    for instruction in before:
        opcode = il.opcodes()[instruction.code]
        if opcode is None or opcode.flow:
            stack.clear()
            continue
        pops, pushes = (opcode.pops, opcode.pushes) if instruction.code not in _CALLS else _effect(methods, instruction)
        taken = _take(stack, pops or 0)
        stack += [_constant(names, instruction) or taken] * (pushes or 0)
    count, _ = _effect(methods, call) if call.code in _CALLS else (0, 0)
    return _take(stack, count)


def _effect(methods: Methods, call: il.Instruction) -> tuple[int, int]:
    """Return how many values a call takes and leaves."""
    shape = methods.shape(call.operand)
    if call.code == il.NEWOBJ:
        return shape.parameters, 1
    return shape.parameters + shape.has_this, int(shape.returns)


def _take(stack: list[_Constants], count: int) -> _Constants:
    """Take values from the stack; return the constants in them."""
    taken = stack[max(0, len(stack) - count) :]
    del stack[max(0, len(stack) - count) :]
    return tuple(text for constants in taken for text in constants)[:MAX_ARGUMENTS]


def _constant(names: Names, instruction: il.Instruction) -> _Constants:
    """Return the text or type that an instruction pushes."""
    table, number = instruction.operand >> 24, instruction.operand & 0xFFFFFF
    if instruction.code == il.LDSTR and table == schema.USER_STRING:
        return (names.metadata.user_string(number),)
    if instruction.code == il.LDTOKEN and table in _TYPE_TABLES:
        return tuple(filter(None, (names.type(*names.definition(table, number)),)))
    return ()
