"""The README shows what the commands print; `python -m tests.e2e.test_readme` writes it anew."""

import contextlib
import io
import os
import re
import tempfile
from pathlib import Path

import pytest
from examples.build import server, write_zip

from iisight.cli.main import main

README = Path(__file__).parents[2] / "README.md"
_CUT = re.compile(r"^Findings -+$.*", re.MULTILINE | re.DOTALL)
_COMMANDS = {
    "demo": ["scan", "compromised.zip"],
    "config": ["config", "compromised.zip", "--site", "Shop", "--section", "modules"],
}


def printed(arguments: list[str]) -> str:
    """Return what a command prints, run where the example lies."""
    out = io.StringIO()
    before = Path.cwd()
    with tempfile.TemporaryDirectory() as folder:
        write_zip(server(), Path(folder) / "compromised.zip")
        os.chdir(folder)
        try:
            with contextlib.redirect_stdout(out):
                main(arguments)
        finally:
            os.chdir(before)
    return out.getvalue()


def block(name: str) -> str:
    """Return what stands in the README between the marks of a name."""
    text = printed(_COMMANDS[name])
    if name == "demo":
        return _CUT.sub("", text).rstrip()
    lines = text.splitlines()
    return "\n".join([*lines[:12], "  …", *lines[-4:]]).rstrip()


def with_blocks(readme: str) -> str:
    """Return the README with its blocks written anew."""
    for name in _COMMANDS:
        marks = re.compile(rf"(<!-- {name} -->\n```\n).*?(```\n<!-- /{name} -->)", re.DOTALL)
        shown = block(name) + "\n"
        readme = marks.sub(lambda m, shown=shown: m[1] + shown + m[2], readme)  # type: ignore[misc]
    return readme


@pytest.mark.parametrize("name", _COMMANDS)
def test_the_readme_shows_what_the_command_prints(name: str) -> None:
    assert block(name) in README.read_text("utf-8")


if __name__ == "__main__":
    README.write_text(with_blocks(README.read_text("utf-8")), encoding="utf-8", newline="\n")
