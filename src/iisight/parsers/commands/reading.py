"""From a line or a script to its actions: each command in it is given to the reader of its program."""

from collections.abc import Iterator
from dataclasses import replace

from iisight.model.activity import Action
from iisight.parsers.commands import appcmd, files, shell, tools
from iisight.parsers.commands.powershell import host, script
from iisight.parsers.commands.words import MAX_LINE, Program, program_name, split

MAX_DEPTH = 6  # of shells in one another

_PROGRAMS = {**files.PROGRAMS, **tools.PROGRAMS}
_SHELLS, _POWERSHELLS = ("cmd",), ("powershell", "pwsh", "powershell_ise")


def read_process(command: str, image: str, original: str) -> Iterator[Action]:
    """Yield what a process does, by its command line."""
    line = command[:MAX_LINE]
    known, real = program_name(image), program_name(original)
    if not known and not real:
        yield from read_line(line, 0)
        return
    words = split(line)
    name = real if real in ("appcmd", "cmd", "powershell", "pwsh", *_PROGRAMS) else known
    notes = (f"renamed {original}",) if real and known and name == real and real != known else ()
    yield from _program(Program((name, *words[1:]), line, notes), 0, bool(real) and real != "appcmd")


def read_line(text: str, depth: int) -> Iterator[Action]:
    """Yield what a line of cmd.exe does."""
    for simple in shell.commands(text) if depth < MAX_DEPTH else ():
        for action in tools.redirected(simple.targets):
            yield _noted(action, simple.notes)
        if not simple.line or shell.is_mute(simple.line):
            continue
        program = Program(split(simple.line), simple.line, simple.notes)
        if simple.fed and program.name in (*_SHELLS, *_POWERSHELLS):
            inner = read_script if program.name in _POWERSHELLS else read_line
            yield from inner(simple.fed, depth + 1)
        yield from _program(program, depth, False)


def read_script(text: str, depth: int, notes: tuple[str, ...] = ()) -> Iterator[Action]:
    """Yield what a script of PowerShell does."""
    for found in script.read(text) if depth < MAX_DEPTH else ():
        if isinstance(found, Action):
            yield _noted(found, notes)
        else:
            yield from _program(replace(found, notes=(*notes, *found.notes)), depth, False)


def _program(program: Program, depth: int, other: bool) -> Iterator[Action]:
    """Yield what a program does; `other` tells that it is known not to be AppCmd."""
    name = program.name
    if name in _SHELLS:
        for action in read_line(_inner(program), depth + 1):
            yield _noted(action, program.notes)
    elif name in _POWERSHELLS:
        text, how = host.script_of(program.arguments)
        yield from read_script(text, depth + 1, (*program.notes, how) if how else program.notes)
    elif name == "appcmd":
        for action in appcmd.actions(program.arguments):
            yield _noted(action, program.notes)
    elif name in _PROGRAMS:
        for action in _PROGRAMS[name](program):
            yield _noted(action, program.notes)
    elif not other and appcmd.is_unmistakable(program.arguments):
        for action in appcmd.actions(program.arguments):
            yield _noted(action, (*program.notes, "appcmd.exe under another name"))


def _inner(program: Program) -> str:
    """Return what `cmd /c` or `/k` is told to run; quotes around the whole go, as cmd.exe does."""
    raw = program.raw or " ".join(program.words)
    for switch in ("/c", "/k", "/r"):
        at = raw.lower().find(switch)
        if at >= 0:
            text = raw[at + 2 :].strip()
            if text.startswith('"') and text.endswith('"') and len(text) > 1:
                text = text[1:-1]
            return text
    return ""


def _noted(action: Action, notes: tuple[str, ...]) -> Action:
    missing = [note for note in dict.fromkeys(notes) if note and note not in action.note]
    return replace(action, note="; ".join(filter(None, (action.note, *missing)))) if missing else action
