"""`config`, `rules` and `explain` as a user runs them."""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import iisight
from iisight.engine.registry import all_rules, find_rule
from tests.builders.servers import apphost, location, web_config
from tests.e2e.conftest import Run


def test_config_names_the_file_and_line_of_each_entry(run: Run, compromised: Path) -> None:
    out = run("config", compromised, "--site", "Shop", "--section", "modules").out

    line = next(text for text in out.splitlines() if 'name="RequestTelemetry"' in text)
    number = re.search(r"\[(\d+)\]:6:", line)
    assert number is not None
    assert re.search(rf"\[{number[1]}\].*C:\\inetpub\\shop\\web\.config", out)


def test_config_of_another_site_has_not_what_one_site_adds(run: Run, compromised: Path) -> None:
    assert (
        "RequestTelemetry" not in run("config", compromised, "--site", "Default Web Site", "--section", "modules").out
    )


def test_config_tells_what_was_removed_and_by_which_line(run: Run, tmp_path: Path) -> None:
    folder = tmp_path / "C" / "Windows" / "System32" / "inetsrv" / "config"
    folder.mkdir(parents=True)
    host = apphost('<modules><add name="A" lockItem="false" /></modules>')
    (folder / "applicationHost.config").write_text(host)
    content = tmp_path / "C" / "inetpub" / "wwwroot"
    content.mkdir(parents=True)
    (content / "web.config").write_text(web_config('<modules>\n  <remove name="A" />\n</modules>'))

    out = run("config", tmp_path, "--site", "S", "--section", "modules", "--format", "json").out

    [line] = [line for line in json.loads(out)["sections"][0]["lines"] if line["attributes"][0] == ["name", "A"]]
    by = line["by"]
    assert (line["fate"], by["path"], by["line"], by["column"]) == ("removed", "C:\\inetpub\\wwwroot\\web.config", 2, 3)


@pytest.mark.parametrize("wrong", [("--site", "Absent"), ("--section", "absent"), ("--server", "Absent")])
def test_config_of_what_is_not_there_gives_2(run: Run, compromised: Path, wrong: tuple[str, str]) -> None:
    assert run("config", compromised, *wrong).status == 2


def test_rules_list_has_a_line_for_every_rule(run: Run) -> None:
    lines = run("rules", "list").out.splitlines()

    assert [line.split()[0] for line in lines] == [rule.info.id for rule in all_rules()]


def test_rules_check_runs_one_page(run: Run) -> None:
    ran = run("rules", "check", "IIS101")

    assert (ran.status, ran.out) == (0, "1 rules checked, 0 problems\n")


@pytest.mark.parametrize("name", ["IIS101", "iis101", find_rule("IIS101").name])
def test_explain_prints_the_page(run: Run, name: str) -> None:
    assert run("explain", name).out.startswith("# IIS101")


def test_explain_of_no_rule_gives_2(run: Run) -> None:
    assert run("explain", "IIS000").status == 2


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """Return a copy of the package, for a command that writes into it."""
    shutil.copytree(Path(iisight.__path__[0]), tmp_path / "iisight", ignore=shutil.ignore_patterns("__pycache__"))
    return tmp_path


def in_checkout(checkout: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "iisight", *arguments],
        cwd=checkout,
        env={**os.environ, "PYTHONPATH": str(checkout)},
        capture_output=True,
        text=True,
        check=False,
    )


def test_a_new_rule_is_two_files_that_the_list_has(checkout: Path) -> None:
    in_checkout(checkout, "rules", "new", "unsigned-native-module")

    written = sorted(p.name for p in checkout.rglob("unsigned_native_module.*") if p.suffix != ".pyc")
    assert written == ["unsigned_native_module.md", "unsigned_native_module.py"]
    assert "Unsigned native module" in in_checkout(checkout, "rules", "list").stdout


def test_a_new_rule_passes_its_check_as_written(checkout: Path) -> None:
    in_checkout(checkout, "rules", "new", "unsigned-native-module")

    checked = in_checkout(checkout, "rules", "check", "unsigned-native-module")
    assert (checked.returncode, checked.stdout) == (0, "1 rules checked, 0 problems\n")


def test_a_rule_is_not_written_over(checkout: Path) -> None:
    in_checkout(checkout, "rules", "new", "unsigned-native-module")

    assert in_checkout(checkout, "rules", "new", "unsigned-native-module").returncode == 2


def test_config_says_that_something_over_the_bounds_was_not_resolved(run: Run, tmp_path: Path) -> None:
    folder = tmp_path / "C" / "Windows" / "System32" / "inetsrv" / "config"
    folder.mkdir(parents=True)
    tags = location("S", '<remove name="A" />') * 100
    (folder / "applicationHost.config").write_text(apphost(rest=tags, sites='<site name="S" id="1" />', pools=""))

    ran = run("config", tmp_path, "--section", "modules")

    assert (ran.status, "could not be read" in ran.err) == (3, True)
