"""Functions that are not followed: methods of IIS's own objects, imports, pointers that are not known."""

import re
from collections.abc import Hashable, Mapping
from functools import cache

from iisight.catalogue import tables
from iisight.examine.native.code import Code
from iisight.examine.native.machine import FLAGS_AT, INFO, SERVER, VERSION, Machine
from iisight.examine.native.operands import Immediate, Register
from iisight.examine.native.state import STACK, Asked, State
from iisight.examine.native.values import UNKNOWN, ZERO, Value, add, constant, cut, is_watched

REQUEST, GLOBAL, REQUEST_PRIORITY, GLOBAL_PRIORITY = 2, 3, 4, 5
"""Slots of IHttpModuleRegistrationInfo's methods (httpserv.h)."""
MAX_REACH = 0x200  # bytes of an object that are searched for what is watched
MAX_SEARCH = 256  # pointers followed in such a search
MAX_FILL = 1024  # bytes that one call of `memset` is followed for

_ARGUMENTS = {REQUEST: 3, GLOBAL: 2, REQUEST_PRIORITY: 2, GLOBAL_PRIORITY: 2}  # without `this`
_SYSTEM = re.compile(
    r"(api-ms-win-|ext-ms-|msvcr|msvcp|vcruntime|ucrtbase|concrt)|"
    r"(kernel32|kernelbase|ntdll|advapi32|user32|gdi32|ole32|oleaut32|ws2_32|shlwapi|shell32|crypt32|bcrypt|ncrypt|"
    r"secur32|rpcrt4|winhttp|wininet|version|psapi|dbghelp|iphlpapi|netapi32|userenv|tdh|msvcrt|libgcc_s_\w+-1|"
    r"libstdc\+\+-6|libwinpthread-1)\.dll"
)
_NO_RETURN = re.compile(
    r"abort|_?exit|quick_exit|ExitProcess|ExitThread|FatalExit|terminate|\?terminate@@.*|longjmp|_CxxThrowException|"
    r"__cxa_throw|__cxa_rethrow|_Unwind_Resume|_invalid_parameter_noinfo_noreturn|_purecall|\?_X\w+@std@@.*|__fastfail|"
    r"RaiseFailFastException|FreeLibraryAndExitThread"
)
_SHORT = re.compile(r"_?(str|wcs|lstr|mem|mbs)\w+")  # of four arguments at most
_VOLATILE = {8: ("rax", "rcx", "rdx", "r8", "r9", "r10", "r11"), 4: ("rax", "rcx", "rdx")}


@cache
def _stack_bytes() -> Mapping[str, int]:
    """Return how many bytes of arguments functions of Windows take from the stack on x86."""
    return {row["function"]: int(row["bytes"]) for row in tables.rows("stdcall")}


def is_without_return(target: Value) -> bool:
    """Tell whether an import never comes back."""
    return target.base is not None and _NO_RETURN.fullmatch(_split_import(target)[1]) is not None


def _split_import(target: Value) -> tuple[str, str]:
    """Return library and function of an import; empty ones for anything else."""
    base = target.base or ""
    library, _, function = base.removeprefix("import ").partition("!")
    return (library, function) if base.startswith("import ") else ("", "")


class Outside:
    """What is known of a function without its code."""

    def __init__(self, machine: Machine, code: Code) -> None:
        """Take the conventions of a processor."""
        self._machine = machine
        self._code = code
        table = f"[[{INFO}+0x0]"
        self._slots = {f"{table}+{slot * machine.word:#x}]": slot for slot in range(64)}

    def method(self, target: Value) -> int | None:
        """Return the slot of a method of the registration object; None when it is something else."""
        return self._slots.get(target.base or "") if target.is_exact and not target.number else None

    def ask(self, state: State, slot: int, key: Hashable, address: int, behind: int) -> str:
        """Keep what a method of the registration object is asked for; return what is not decided, if anything."""
        wide = self._machine.word == 8
        this = state.registers.get("rcx", UNKNOWN) if wide else self._argument(state, 0)
        on_stack = not wide and this == Value(INFO, 0)
        if not wide and not on_stack:
            this = state.registers.get("rcx", UNKNOWN)
        first = 1 if wide or on_stack else 0
        arguments = [cut(self._argument(state, first + index), self._machine.word) for index in range(3)]
        problem = ""
        if this != Value(INFO, 0):
            problem = "a method of pModuleInfo is called on something else"
        elif slot in _ARGUMENTS:
            self._keep(state, slot, (key, "asked"), address, arguments)
        elif slot > GLOBAL_PRIORITY:
            problem = f"pModuleInfo has no method {slot}"
        self._forget_volatile(state, address)
        if not wide:
            count = _ARGUMENTS.get(slot, 0) + (1 if on_stack else 0)
            self._free(state, 4 * count, behind, known=slot <= GLOBAL_PRIORITY)
        return problem

    def _keep(self, state: State, slot: int, key: Hashable, address: int, arguments: list[Value]) -> None:
        """Add a call to those of the path; a loop may make several at one place."""
        post = text = None
        if slot in (REQUEST, GLOBAL):
            mask = arguments[1]
            post = arguments[2] if slot == REQUEST else None
        else:
            mask = arguments[0]
            where = arguments[1]
            text = self._machine.space.text(where.number) if where.is_constant else None
        asked = Asked(slot, address, cut_mask(mask), cut_mask(post or ZERO), text)
        state.calls[key] = state.calls.get(key, frozenset()) | {asked}

    def skip(self, state: State, target: Value, address: int, behind: int) -> str:
        """Pass over a call, the return address on the stack; return what is not decided, if anything."""
        library, function = _split_import(target)
        harmless = _SYSTEM.match(library) is not None
        inside = target.is_constant
        ours = target.base is not None and SERVER in target.base
        problem = ""
        if not (harmless or ours or inside) and self.carries(state, 1):
            what = "the object it registers with" if self._watches(state, INFO) else "what it writes its flags to"
            problem = f"{what} is given to {f'{library}!{function}' if library else 'a function that is not known'}"
        if target.base and INFO in target.base:
            problem = "a method of pModuleInfo that cannot be told is called"
        if not self._fill(state, function, address):
            self._spoil(state, inside=inside or not target.base, short=bool(_SHORT.fullmatch(function)))
        self._forget_volatile(state, address)
        if self._machine.word == 4:
            freed = _stack_bytes().get(function) if harmless else None
            self._free(state, freed or 0, behind, known=freed is not None)
        return problem

    def pop(self, state: State, freed: int) -> None:
        """Take the return address from the stack, as the function did."""
        self._machine.pop(state)
        top = state.registers.get("rsp", UNKNOWN)
        state.registers["rsp"] = add(top, constant(freed), self._machine.mask)

    def carries(self, state: State, above: int) -> bool:
        """Tell whether a function could get at what is watched, by its arguments or through memory."""
        if any(is_watched(cell[0]) for place, cell in state.memory.items() if place[0] is None):
            return True
        return any(self._reaches(state, value) for value in self._arguments(state, above))

    def _watches(self, state: State, base: str) -> bool:
        """Tell whether a register or a place in memory holds something of a watched object."""
        values = (*state.registers.values(), *(cell[0] for cell in state.memory.values()))
        return any(value.base and base in value.base for value in values)

    def _arguments(self, state: State, above: int) -> list[Value]:
        """Return what may be arguments; the return address lies below them."""
        word = self._machine.word
        registers = ("rcx", "rdx", "r8", "r9") if word == 8 else ("rcx", "rdx")
        found = [state.registers.get(name, UNKNOWN) for name in registers]
        top = state.registers.get("rsp", UNKNOWN)
        if not top.is_exact:
            return found
        start = top.number + word * above + (0x20 if word == 8 else 0)
        for place in range(start, start + (4 if word == 8 else 8) * word, word):
            cell = state.memory.get((top.base, place))
            if cell is None:
                continue
            if cell[0].base == "caller" or (cell[0].is_constant and self._machine.space.is_code(cell[0].number)):
                break  # a return address: what follows are the arguments of the caller
            found.append(cell[0])
        return found

    def _reaches(self, state: State, start: Value) -> bool:
        """Tell whether a value is watched, or points to one that is."""
        work, seen = [start], set[Value]()
        while work and len(seen) < MAX_SEARCH:
            value = work.pop()
            if is_watched(value):
                return True
            if value in seen or not value.is_exact or (value.base is None and value.number < 0x1000):
                continue
            seen.add(value)
            reach = 0x40 if value.base == STACK else MAX_REACH
            for offset in range(0, reach, self._machine.word):
                cell = state.memory.get((value.base, value.number + offset))
                if cell is not None and cell[1] == 0:
                    if cell[0].base == "caller":
                        break
                    work.append(cell[0])
        return False

    def _argument(self, state: State, index: int) -> Value:
        """Return an argument; on the stack those lie above the return address."""
        machine = self._machine
        if machine.word == 8 and index < 4:
            return state.registers.get(("rcx", "rdx", "r8", "r9")[index], UNKNOWN)
        place = add(state.registers.get("rsp", UNKNOWN), constant(machine.word * (index + 1)), machine.mask)
        return machine.load(state, place, machine.word)

    def _fill(self, state: State, function: str, address: int) -> bool:
        """Do what `memset` does, where its size is known; tell whether a call changes no other memory."""
        if function not in ("memset", "_memset"):
            return function.startswith(("operator new", "??2@", "??_U@", "malloc"))
        target, value, size = (self._argument(state, index) for index in range(3))
        if not size.is_constant or size.number > MAX_FILL or not value.is_constant:
            return False
        for offset in range(size.number):
            place = add(target, constant(offset), self._machine.mask)
            self._machine.store(state, place, 1, cut(value, 1), address)
        return True

    def _spoil(self, state: State, *, inside: bool, short: bool) -> None:
        """Forget what a function may have changed: its arguments' objects, and what is kept in the image."""
        arguments = self._arguments(state, 1)[: 4 if short and self._machine.word == 8 else None]
        pointers = [v for v in arguments if v.base is not None or v.number >= 0x10000]
        stack = min((v.number for v in pointers if v.base == STACK and v.is_exact), default=None)
        exact = {(v.base, v.number + i) for v in pointers for i in range(self._machine.word)}
        bases = {v.base for v in pointers} - {STACK, None, VERSION}
        version = any(v.base == VERSION and not 8 <= v.number < FLAGS_AT for v in pointers)
        images = any(v.base is None for v in pointers)

        def gone(place: tuple[str | None, int], value: Value) -> bool:
            if value.base == "caller":
                return False
            if place[0] == VERSION:
                return version
            if place in exact:
                return True
            if is_watched(value):
                return False
            if place[0] == STACK:
                return stack is not None and place[1] >= stack and value.base is None
            return place[0] in bases or (place[0] is None and (inside or images))

        state.forget(gone)

    def _forget_volatile(self, state: State, address: int) -> None:
        """Give up the registers that a call may change; the result is new."""
        for name in _VOLATILE[self._machine.word]:
            state.registers.pop(name, None)
        for name in [n for n in state.registers if n.startswith("xmm")]:
            del state.registers[name]
        state.registers["rax"] = Value(f"result {address:#x}", 0)
        state.compared = None

    def _free(self, state: State, freed: int, behind: int, *, known: bool) -> None:
        """Take arguments from the stack as the callee does (x86): told by itself, or by what the caller does next."""
        step = self._code.step(behind) if behind else None
        operands = step.operands if step is not None else ()
        stack = Register("rsp", 4)
        cleans = step and step.name in ("add", "sub") and operands[0] == stack and isinstance(operands[1], Immediate)
        if cleans and step and not known and isinstance(operands[1], Immediate):
            freed = 0 if step.name == "add" else operands[1].number
        elif not known and not (step and step.name == "pop" and operands == (Register("rcx", 4),)):
            freed = -1
        top = state.registers.get("rsp", UNKNOWN)
        if freed < 0:
            # How many arguments it took cannot be told: the stack goes on from a place of its own.
            state.registers["rsp"] = Value(f"stack@{behind:x}", 1 << 20)
            return
        # The return address goes up to where the caller will find its stack.
        back = self._machine.load(state, top, self._machine.word)
        state.registers["rsp"] = add(top, constant(freed), self._machine.mask)
        if freed:
            self._machine.store(state, state.registers["rsp"], self._machine.word, back, behind)


def cut_mask(value: Value) -> Value:
    """Return a value as the 32 bits that a mask has; a pointer is no mask."""
    return cut(UNKNOWN, 4) if value.base is not None else cut(value, 4)
