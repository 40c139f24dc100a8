"""What native code asks IIS for: `RegisterModule` and `GetFilterVersion`, followed without being run.

The functions are interpreted with what is known of each value, on every path, within bounds. What is listed is
certain: an event counts when each path to a call sets its bit. Everything else is said to be undecided, and why.
"""

from iisight.examine.native.ask import filter_subscriptions, module_subscriptions
from iisight.examine.native.interpreter import Interpreter
from iisight.examine.native.machine import FLAGS, FLAGS_AT, INFO, SERVER, TOP, VERSION
from iisight.examine.native.space import Space
from iisight.examine.native.state import STACK, Calls, State, merge_calls
from iisight.examine.native.values import UNKNOWN, ZERO, Value, cut
from iisight.model.binary import Export, Image, Machine
from iisight.model.errors import ParseError
from iisight.model.examination import Subscription
from iisight.model.locator import Locator
from iisight.parsers.pe.headers import read_headers

__all__ = ["Answer", "examine_native", "follow"]

Answer = tuple[tuple[Subscription, ...], tuple[str, ...], tuple[str, ...]]
"""What is asked for, what is undecided, notes."""

MAX_REASONS = 8  # of one function

_FUNCTIONS = ("RegisterModule", "GetFilterVersion")


def examine_native(data: bytes, image: Image) -> Answer:
    """Return what a native module or ISAPI filter asks to be called for; empty for other files."""
    wanted = [(name, export) for name in _FUNCTIONS if (export := _exported(image, name)) is not None]
    if not wanted:
        return (), (), ()
    if image.machine not in (Machine.X86, Machine.X64):
        return (), tuple(f"{name}: {image.machine} code is not decoded" for name, _ in wanted), ()
    try:
        space = Space(read_headers(data, Locator("")))
    except ParseError as error:
        return (), (), (error.message,)
    found: list[Subscription] = []
    undecided: list[str] = []
    for name, export in wanted:
        entry = None if export.forward else space.export(export.ordinal)
        if entry is None:
            undecided.append(f"{name}: forwarded to {export.forward}" if export.forward else f"{name}: no address")
            continue
        asked, unsure = follow(space, name, entry)
        found += asked
        if len(unsure) > MAX_REASONS:
            unsure[MAX_REASONS:] = [f"and {len(unsure) - MAX_REASONS} more reasons"]
        undecided += (f"{name}: {reason}" for reason in unsure)
    return tuple(found), tuple(undecided), ()


def follow(space: Space, name: str, entry: int) -> tuple[tuple[Subscription, ...], list[str]]:
    """Follow one of the functions from its address; return what it asks for, and what is undecided."""
    area = space.area(entry)
    if area is None or not space.code(entry, 1):
        return (), [f"its code at RVA {entry - space.base:#x} is not in the file"]
    interpreter = Interpreter(space)
    exits = interpreter.run(entry, _start(space.word, name))
    if name == "RegisterModule":
        found, unsure = _module(interpreter, exits)
    else:
        found, unsure = _filter(interpreter, exits)
    reasons = [*unsure, *interpreter.undecided]
    if interpreter.exhausted:
        reasons.append("there was more code than is followed")
    if area.writable:
        reasons.append("its code is writable, and may be another when it is run")
    return found, reasons


def _exported(image: Image, name: str) -> Export | None:
    """Return an export by its name, plain or decorated as stdcall."""
    names = (export for export in image.exports if export.name == name)
    decorated = (export for export in image.exports if (export.name or "").startswith(f"_{name}@"))
    return next(names, None) or next(decorated, None)


def _start(word: int, name: str) -> State:
    """Return what is known when IIS calls the function."""
    arguments = [Value("server version", 0), Value(INFO, 0), Value(SERVER, 0)]
    if name == "GetFilterVersion":
        arguments = [Value(VERSION, 0)]
    state = State({"rsp": Value(STACK, TOP)})
    if word == 8:
        state.registers.update(zip(("rcx", "rdx", "r8"), arguments, strict=False))
    else:
        for index, value in enumerate(arguments):
            state.store((STACK, TOP + 4 * index), 4, value)
    return state


def _module(interpreter: Interpreter, exits: list[State]) -> tuple[tuple[Subscription, ...], list[str]]:
    """Return what RegisterModule asks for."""
    calls: Calls = interpreter.ended
    for state in exits:
        calls = merge_calls(calls, state.calls)
    asked = {one for several in calls.values() for one in several}
    found, unsure = module_subscriptions(asked, interpreter.space.base)
    return found, list(unsure)


def _filter(interpreter: Interpreter, exits: list[State]) -> tuple[tuple[Subscription, ...], list[str]]:
    """Return what GetFilterVersion asks for: on a path that returns zero the filter is not loaded."""
    flags: list[Value] = []
    place = ""
    for state in exits:
        if cut(state.registers.get("rax", UNKNOWN), 4) == ZERO or FLAGS not in state.calls:
            continue
        value = interpreter.machine.load(state, Value(VERSION, FLAGS_AT), 4)
        flags.append(cut(UNKNOWN if value.base is not None else value, 4))
        place = place or f"RVA {min(state.calls[FLAGS]).address - interpreter.space.base:#x}"
    if not flags:
        # Code that cannot be followed to a return may set them all the same.
        return (), ["no write to dwFlags was found"]
    found, unsure = filter_subscriptions(flags, place)
    return found, list(unsure)
