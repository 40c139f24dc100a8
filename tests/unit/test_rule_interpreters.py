"""What a command line and the environment make an interpreter run or load."""

import pytest

from iisight.rules.configuration._interpreters import Told, Use, told_by_arguments, told_by_variable


@pytest.mark.parametrize(
    "arguments",
    [
        r"-d auto_prepend_file=C:\a.php",
        r"-dauto_prepend_file=C:\a.php",
        r'-d "auto_prepend_file=C:\a.php"',
        r'-d auto_prepend_file="C:\a.php"',
        r"--define AUTO_PREPEND_FILE=C:\a.php",
    ],
)
def test_a_directive_is_read_however_it_is_quoted(arguments: str) -> None:
    assert list(told_by_arguments(arguments)) == [Told("auto_prepend_file", r"C:\a.php", Use.RUNS)]


def test_a_path_with_spaces_stays_whole() -> None:
    told = list(told_by_arguments(r'-c "C:\Program Files\PHP\php.ini" -d memory_limit=1G'))
    assert told == [Told("-c", r"C:\Program Files\PHP\php.ini", Use.LOADS)]


@pytest.mark.parametrize("arguments", ["", '"', "-d", "-c -d", "--require", "=" * 9_000, "-d " * 9_000])
def test_odd_arguments_are_read_without_error(arguments: str) -> None:
    assert all(not told.value or told.value.startswith("-") for told in told_by_arguments(arguments))


def test_options_of_a_variable_are_read_as_arguments() -> None:
    told = list(told_by_variable("node_options", r"--max-old-space-size=4096 --require=C:\a.js"))
    assert told == [Told("NODE_OPTIONS --require", r"C:\a.js", Use.PRELOADS)]


def test_each_folder_of_a_search_path_is_told() -> None:
    told = [t.value for t in told_by_variable("PYTHONPATH", r"C:\a; C:\b;;")]
    assert told == ["C:\\a", "C:\\b"]


def test_other_variables_tell_nothing() -> None:
    assert not list(told_by_variable("PHP_FCGI_MAX_REQUESTS", "10000"))
