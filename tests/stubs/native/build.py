"""Build the native stubs and write what is to be found in each: `python tests/stubs/native/build.py [--all FOLDER]`.

Needs mingw-w64 (gcc for x86_64 and i686), clang and lld. The files of `built/` are a part of the combinations,
turned so that each shape is there with each compiler; `--all` builds every one into another folder. The expected
masks come from the table below and from nowhere else.
"""

import argparse
import json
import shutil
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
MASKS = (
    (0x00000001, 0x00000000, 0x00000100), (0x00000400, 0x00000800, 0x00000002), (0x20000001, 0x00000400, 0x00010000),
    (0x80000000, 0x00000001, 0x00000300), (0x40000002, 0x20000000, 0x00002010), (0x70000FFF, 0x10000FFF, 0x0001FFF6),
    (0x00000080, 0x00000080, 0x00000004), (0x10001004, 0x00000200, 0x00000840), (0xF0000FFF, 0x80000001, 0x00000100),
    (0x00000010, 0x00000408, 0x00004020), (0x00000820, 0x00000060, 0x00008080), (0x60000101, 0x00000102, 0x00000600),
)  # fmt: skip
FLAGS = (0x00020003, 0x00080203, 0x00044003, 0x00006043, 0x00081403, 0x06020283, 0x0004F903, 0x02041103, 0x00020103)
PRIORITIES = ("FIRST", "HIGH", "MEDIUM", "LOW", "LAST")
MODULE_SHAPES = (
    *("PLAIN", "CHECKED", "HELPER", "KEPT", "TABLE", "OBJECT", "HEAP", "STEPS", "LOOP", "CONDITION", "TAIL"),
    *("WRITABLE", "CHOICE", "GIVEN_AWAY", "SWITCHED", "RETURNED", "LOCKED", "C", "OVERWRITTEN", "LOOPED", "MAPPED"),
)
FILTER_SHAPES = (*("PLAIN", "STEPS", "CLEARED", "FAILING", "WRITABLE", "GIVEN_AWAY", "WIZARD", "HELPER", "COPIED"),)
OPTIONS = {
    "O0": "-O0",
    "O1": "-O1",
    "O2": "-O2",
    "O3": "-O3",
    "Os": "-Os",
    "cf": "-O2 -fcf-protection",
    "lto": "-O2 -flto",
}
COMPILERS = {
    **{f"gcc-{bits}-{name}": (f"{prefix}-w64-mingw32", bits, option)
       for bits, prefix in (("x64", "x86_64"), ("x86", "i686")) for name, option in OPTIONS.items()},
    **{f"clang-{bits}-{name}": ("clang", bits, option)
       for bits in ("x64", "x86")
       for name, option in {**{o: f"-{o}" for o in ("O0", "O1", "O2", "Os")}, "guard": "-O2 -Xclang -cfguard",
                            "nofp": "-O2 -fno-omit-frame-pointer"}.items()},
}  # fmt: skip


def cases() -> Iterator[dict[str, Any]]:
    """Yield every combination, with what is to be found."""
    for row, compiler in enumerate(COMPILERS):
        for column, shape in enumerate(MODULE_SHAPES):
            request, post, everywhere = MASKS[(5 * row + column) % len(MASKS)]
            priority = PRIORITIES[(row + column) % len(PRIORITIES)]
            name = f"module-{shape.lower()}-{compiler}"
            case: dict[str, Any] = {
                "name": name,
                "kind": "module",
                "shape": shape,
                "compiler": compiler,
                "column": column,
                "row": row,
            }
            case["defines"] = {"REQUEST": f"{request:#x}u", "POST": f"{post:#x}u", "GLOBAL": f"{everywhere:#x}u"}
            case["defines"]["PRIORITY"] = f'"{priority}"'
            yield case | {"expected": _module(shape, request, post, everywhere, priority)}
        for column, shape in enumerate(FILTER_SHAPES):
            flags = FLAGS[(2 * row + column) % len(FLAGS)]
            name = f"filter-{shape.lower()}-{compiler}"
            case = {"name": name, "kind": "filter", "shape": shape, "compiler": compiler, "column": column, "row": row}
            yield case | {"defines": {"FLAGS": f"{flags:#x}u"}, "expected": _filter(shape, flags)}


def _module(shape: str, request: int, post: int, everywhere: int, priority: str) -> dict[str, Any]:
    """Return what is certain of a module of a shape."""
    found: dict[str, Any] = {"request": request, "post": post, "global": 0, "undecided": False, "priorities": {}}
    if shape in ("CHECKED", "KEPT", "TABLE", "CONDITION", "SWITCHED", "LOCKED", "C"):
        found["global"] = everywhere
    if shape in ("CHECKED", "C"):
        found["priorities"] = {"request": {priority: request | post}}
    if shape == "CHECKED":
        found["priorities"]["global"] = {"LAST": everywhere}
    if shape == "TAIL":
        found["priorities"] = {"request": {priority: request}}
    if shape == "LOOP":
        found |= {"request": 0x20000401, "post": 0, "priorities": {"request": {priority: 0x20000401}}}
    if shape == "LOOPED":
        found |= {"request": 0x20000403, "post": 0}
    if shape in ("WRITABLE", "OVERWRITTEN", "MAPPED"):
        found |= {"request": 0, "undecided": True}
    if shape == "CHOICE":
        found |= {"request": request & ~0x400, "undecided": True}
    if shape == "GIVEN_AWAY":
        found |= {"request": 0, "post": 0, "undecided": True}
    return found


def _filter(shape: str, flags: int) -> dict[str, Any]:
    """Return what is certain of a filter of a shape."""
    if shape in ("WRITABLE", "GIVEN_AWAY"):
        return {"flags": 0, "order": "", "undecided": True}
    order = next((name for name, bit in (("HIGH", 0x80000), ("MEDIUM", 0x40000)) if flags & bit), "LOW")
    return {"flags": flags & ~0xE0000, "order": order, "undecided": shape == "WIZARD"}


def is_kept(case: dict[str, Any]) -> bool:
    """Tell whether a case is among those that are committed: about a sixth, each shape with each family."""
    return bool((case["row"] + case["column"]) % 6 == 0)


def build(case: dict[str, Any], folder: Path, libraries: Path) -> None:
    """Compile and link one file."""
    family, _, options = COMPILERS[case["compiler"]]
    kind, shape = case["kind"], case["shape"]
    source = HERE / ("filter.c" if kind == "filter" else "module.c" if shape == "C" else "module.cpp")
    defines = [f"-D{key}={value}" for key, value in case["defines"].items()] + [f"-DSHAPE={shape}"] * (shape != "C")
    target = folder / f"{case['name']}.dll"
    common = [*options.split(), "-fno-exceptions", "-ffreestanding" if shape != "CLEARED" else "-Wall", *defines]
    if source.suffix == ".cpp":
        common += ["-fno-rtti", "-std=c++17"]
    if family == "clang":
        _clang(
            case,
            [*common, "-fno-builtin" if shape == "COPIED" else "-Wall", "-fshort-wchar"],
            source,
            target,
            libraries,
        )
        return
    driver = f"{family}-{'g++' if source.suffix == '.cpp' else 'gcc'}"
    link = ["-shared", "-nostdlib", "-s", "-Wl,--entry=0", "-Wl,--kill-at", "-Wl,--no-insert-timestamp"]
    _run([driver, *common, "-fno-ident", str(source), "-o", str(target), *link, "-lkernel32", "-lmsvcrt", "-lgcc"])


def _clang(case: dict[str, Any], options: list[str], source: Path, target: Path, libraries: Path) -> None:
    """Compile as Microsoft's compiler would be called, and link without any run-time library."""
    bits = "x64" if "-x64-" in case["compiler"] else "x86"
    triple = f"{'x86_64' if bits == 'x64' else 'i686'}-pc-windows-msvc"
    objects = [target.with_suffix(".obj")]
    _run(["clang", f"--target={triple}", "-c", *options, str(source), "-o", str(objects[0])])
    function, stack = ("GetFilterVersion", 4) if case["kind"] == "filter" else ("RegisterModule", 12)
    guards = []
    if "guard" in case["compiler"]:
        objects.append(target.with_suffix(".guard.obj"))
        assembler = ["clang", f"--target={triple}", "-c", "-x", "assembler"]
        _run([*assembler, str(HERE / f"guard.s{bits[1:].replace('86', '32')}"), "-o", str(objects[1])])
        guards = ["/guard:cf", "/include:" + ("_load_config_used" if bits == "x64" else "__load_config_used")]
    # x86 names stay decorated in one file of two.
    export = f"_{function}@{stack}" if bits == "x86" and case["row"] % 2 else function
    if bits == "x86" and not case["row"] % 2:
        export = f"{function}=_{function}@{stack}"
    machine = ["/machine:" + bits, f"/export:{export}"]
    _run(["lld-link", "/dll", "/noentry", "/nodefaultlib", "/Brepro", "/safeseh:no", *machine, *guards,
          f"/out:{target}", *map(str, objects), *map(str, sorted(libraries.glob(f"{bits}-*.lib")))])  # fmt: skip
    for leftover in (*objects, target.with_suffix(".lib"), target.with_suffix(".exp")):
        leftover.unlink(missing_ok=True)


def _libraries(folder: Path) -> Path:
    """Make import libraries of the few functions that are named."""
    folder.mkdir(parents=True, exist_ok=True)
    names: dict[str, dict[str, int | None]] = {
        "kernel32": {"GetExitCodeThread": 8, "GetProcessHeap": 0, "GetTickCount": 0, "HeapAlloc": 12, "Sleep": 4},
        "msvcrt": {"memset": None, "strcpy": None},
    }
    for library, functions in names.items():
        for bits, machine in (("x64", "i386:x86-64"), ("x86", "i386")):
            decorated = [f"{n}@{s}" if s is not None and bits == "x86" else n for n, s in functions.items()]
            text = f"LIBRARY {library}.dll\nEXPORTS\n" + "".join(f"{name}\n" for name in decorated)
            definition = folder / f"{bits}-{library}.def"
            definition.write_text(text)
            _run(
                ["llvm-dlltool", "-k", "-m", machine, "-d", str(definition), "-l", str(definition.with_suffix(".lib"))]
            )
    return folder


def _run(command: list[str]) -> None:
    """Run a tool, and say what it said if it failed."""
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(f"{' '.join(command)}\n{done.stderr}{done.stdout}")


def main() -> None:
    """Build what was asked for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--all", type=Path, metavar="FOLDER", help="build every combination, into a folder")
    folder = parser.parse_args().all
    chosen = [case for case in cases() if folder or is_kept(case)]
    folder = folder or HERE / "built"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    libraries = _libraries(folder / "libraries")
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda case: build(case, folder, libraries), chosen))
    shutil.rmtree(libraries)
    expected = {case["name"]: {"kind": case["kind"]} | case["expected"] for case in chosen}
    (folder / "expected.json").write_text(json.dumps(expected, indent=1, sort_keys=True) + "\n")


if __name__ == "__main__":
    main()
