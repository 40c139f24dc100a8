"""iisight's own rules are read as compiled; the user's are compiled."""

import json
import subprocess
import sys
from importlib import resources
from pathlib import Path

import pytest

from iisight.model.errors import UsageError
from iisight.sigma import load
from iisight.sigma.load import compile_shipped, load_shipped, load_user
from tests.builders.sigma import rule_text

DETECTION = "s:\n  F: x\ncondition: s"
SHIPS = rule_text(DETECTION, name="own", iisight="{id: IIS399, confidence: low}")


def _folder(path: Path, *texts: str) -> Path:
    path.mkdir(exist_ok=True)
    for number, text in enumerate(texts):
        (path / f"{number}.yml").write_text(text, "utf-8")
    return path


def test_a_folder_without_rules_has_none(tmp_path: Path) -> None:
    assert load_shipped(tmp_path) == ()


def test_texts_that_changed_are_compiled_anew(tmp_path: Path) -> None:
    (rule,) = load_shipped(_folder(tmp_path, SHIPS))
    assert rule.key == "own"


def test_without_pysigma_texts_that_changed_are_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "sigma.rule", None)
    with pytest.raises(UsageError, match=r"have changed since iisight was built: .* install iisight\[sigma\]"):
        load_shipped(_folder(tmp_path, SHIPS))
    with pytest.raises(UsageError, match=r"Sigma rules need pySigma: install iisight\[sigma\]"):
        load_user([tmp_path])


def test_what_was_compiled_is_read_without_pysigma(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder, data = _folder(tmp_path / "rules", SHIPS), tmp_path / "package" / "data"
    data.mkdir(parents=True)
    (data / load.STORED).write_bytes(compile_shipped(folder))
    for table in load._TABLES:
        (data / f"{table}.csv").write_bytes((Path(load.__file__).parent / "data" / f"{table}.csv").read_bytes())
    monkeypatch.setattr(resources, "files", lambda _package: tmp_path / "package")
    monkeypatch.setitem(sys.modules, "sigma.rule", None)
    assert [rule.key for rule in load_shipped(folder)] == ["own"]
    (data / "services.csv").write_text("service,channel,source\n", "utf-8")  # a table is a source of the rules as well
    with pytest.raises(UsageError):
        load_shipped(folder)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        (rule_text(DETECTION), "has `iisight:`"),
        (SHIPS.replace("F: x", "F|re: x"), "no regular expression"),
        (SHIPS.replace("F: x", "F|nosuch: x"), "Unknown modifier"),
    ],
)
def test_a_rule_that_may_not_ship_ends_the_build(tmp_path: Path, text: str, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        compile_shipped(_folder(tmp_path, text))


def test_compiling_gives_the_same_bytes(tmp_path: Path) -> None:
    folder = _folder(tmp_path, SHIPS)
    assert compile_shipped(folder) == compile_shipped(folder)
    assert json.loads(compile_shipped(folder))["digest"]


def test_folders_are_read_in_order_and_what_is_not_is_told(tmp_path: Path) -> None:
    deep = tmp_path
    for _ in range(load.MAX_DEPTH + 2):
        deep /= "d"
    deep.mkdir(parents=True)
    (deep / "hidden.yml").write_text(rule_text(DETECTION), "utf-8")
    _folder(tmp_path / "b", rule_text(DETECTION, name="b0"), rule_text(DETECTION, name="b1"))
    _folder(tmp_path / "a", rule_text(DETECTION, name="a0"))
    (tmp_path / "README.md").write_text("no rule", "utf-8")
    (tmp_path / "z.yml").write_bytes(b"\xff\xfe\xff")
    rules = load_user([tmp_path, tmp_path / "none.yml"])
    assert [rule.key for rule in rules.rules] == ["a0", "b0", "b1"]
    names = [Path(failed.name).name for failed in rules.not_evaluated]
    assert names == ["d", "z.yml", "none.yml"]


def test_reading_and_matching_do_not_import_pysigma() -> None:
    code = (
        "import sys, iisight.sigma.load, iisight.sigma.match, iisight.sigma.needs, iisight.sigma.correlation;"
        "assert not {'sigma', 'yaml', 're2', 'jinja2'} & sys.modules.keys()"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_a_folder_of_the_user_s_that_holds_no_rule_is_told(tmp_path: Path) -> None:
    (tmp_path / "rule.txt").write_text(SHIPS, "utf-8")
    (told,) = load_user([tmp_path]).not_evaluated
    assert (told.name, told.reason) == (str(tmp_path), "no file of rules (.yml, .yaml) is in it")
