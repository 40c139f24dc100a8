"""Programs that copy, fetch, unpack, change and delete files."""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import pairwise

from iisight.model.activity import Act, Action
from iisight.parsers.commands.places import deleted, touched, written
from iisight.parsers.commands.words import Program

MAX_SOURCES = 64


def _after(words: Sequence[str], *names: str) -> str:
    """Return the word after a switch, or what is glued to it."""
    for word, following in pairwise((*words, "")):
        if word.lower() in names:
            return following
    return ""


def _copy(program: Program) -> Iterator[Action]:
    plain = program.plain("/")
    if len(plain) >= 2:
        for source in plain[:-1][:MAX_SOURCES]:
            yield from written(program.name, plain[-1], source)
            if program.name in ("move", "mv"):
                yield from deleted(program.name, source)


def _robocopy(program: Program) -> Iterator[Action]:
    plain = program.plain("/")
    if len(plain) >= 2:
        for name in plain[2:][:MAX_SOURCES] or [""]:
            yield from written("robocopy", plain[1], f"{plain[0]}\\{name}" if name else plain[0])


def _rename(program: Program) -> Iterator[Action]:
    plain = program.plain("/")
    if len(plain) == 2:
        folder = re.sub(r"[^\\/]*$", "", plain[0])
        yield from written("rename", folder + plain[1], plain[0])


def _delete(program: Program) -> Iterator[Action]:
    for target in program.plain("/")[:MAX_SOURCES]:
        yield from deleted(program.name, target)


def _certutil(program: Program) -> Iterator[Action]:
    verbs = {word.lower().lstrip("-/") for word in program.arguments if word[:1] in "-/"}
    plain = program.plain("-/")
    if verbs & {"urlcache", "decode", "decodehex", "encode", "verifyctl"} and len(plain) >= 2:
        yield from written("certutil", plain[-1], plain[-2])


def _bitsadmin(program: Program) -> Iterator[Action]:
    if any(word.lower() in ("/transfer", "/addfile") for word in program.arguments):
        plain = program.plain("/")
        for source, target in pairwise(plain[:MAX_SOURCES]):
            yield from written("bitsadmin", target, source) if "://" in source else ()


def _curl(program: Program) -> Iterator[Action]:
    target = next((w[2:] for w in program.arguments if w.startswith("-o") and len(w) > 2 and w[2] != "-"), "")
    target = target or _after(program.arguments, "-o", "--output", "--output-document", "-p")
    source = next((word for word in program.arguments if "://" in word), "")
    if target:
        yield from written(program.name, target, source)


def _expand(program: Program) -> Iterator[Action]:
    plain = program.plain("-/")
    if len(plain) >= 2:
        yield from written("expand", plain[-1], plain[0])


def _esentutl(program: Program) -> Iterator[Action]:
    source, target = _after(program.arguments, "/y"), _after(program.arguments, "/d")
    if target:
        yield from written("esentutl", target, source)


def _tar(program: Program) -> Iterator[Action]:
    if program.arguments and "x" in program.arguments[0]:
        target = _after(program.arguments, "-c")
        yield from written("tar", target, "") if target else ()


def _attrib(program: Program) -> Iterator[Action]:
    changed = " ".join(word for word in program.arguments if word[:1] in "+-")
    for target in program.plain("+-/") if changed else ():
        yield from touched(Act.CONFIGURE, "attrib", target, f"attributes {changed}")


def _icacls(program: Program) -> Iterator[Action]:
    verbs = ("/grant", "/deny", "/remove", "/setowner", "/reset", "/inheritance", "/f", "/g", "/p", "/e")
    if any(word.lower().startswith(verbs) for word in program.arguments):
        plain = program.plain("/")
        target = _after(program.arguments, "/f") if program.name == "takeown" else "".join(plain[:1])
        yield from touched(Act.CONFIGURE, program.name, target, "permissions")


def _fsutil(program: Program) -> Iterator[Action]:
    words = [word.lower() for word in program.arguments]
    if words[:2] == ["usn", "deletejournal"]:
        yield Action(Act.CLEAR, "fsutil", subject=words[-1], note="change journal")
    elif words[:2] in (["hardlink", "create"], ["file", "createnew"]) and len(words) > 2:
        yield from written("fsutil", program.arguments[2], "".join(program.arguments[3:4]))


def _mklink(program: Program) -> Iterator[Action]:
    plain = program.plain("/")
    if len(plain) >= 2:
        yield from written("mklink", plain[0], plain[1])


PROGRAMS: Mapping[str, Callable[[Program], Iterator[Action]]] = {
    **dict.fromkeys(("copy", "xcopy", "move", "cp", "mv"), _copy),
    **dict.fromkeys(("ren", "rename"), _rename),
    **dict.fromkeys(("del", "erase", "rm", "rd", "rmdir"), _delete),
    **dict.fromkeys(("curl", "wget"), _curl),
    **dict.fromkeys(("icacls", "cacls", "xcacls", "takeown"), _icacls),
    "robocopy": _robocopy,
    "certutil": _certutil,
    "bitsadmin": _bitsadmin,
    "expand": _expand,
    "esentutl": _esentutl,
    "tar": _tar,
    "attrib": _attrib,
    "fsutil": _fsutil,
    "mklink": _mklink,
}
