"""What command lines and scripts do to the server."""

import base64
import csv
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from iisight.model.activity import Act, Action
from iisight.model.need import holds, literals, squeezed
from iisight.parsers.commands import MAX_ACTIONS, command_actions, is_cut, need, script_actions

ROWS = list(csv.reader((Path(__file__).parent / "data" / "commands.csv").read_text("utf-8").splitlines()))[1:]
APPCMD = r"C:\Windows\System32\inetsrv\appcmd.exe"


def told(actions: tuple[Action, ...]) -> list[str]:
    return [" ".join(p for p in (a.act, a.tool, a.section, a.name, a.code) if p) for a in actions]


def read(how: str, line: str) -> tuple[Action, ...]:
    return command_actions(line) if how == "command" else script_actions(line)


@pytest.mark.parametrize(("how", "line", "expected"), ROWS, ids=[row[1][:80] for row in ROWS])
def test_a_line_is_told_as_what_it_does(how: str, line: str, expected: str) -> None:
    assert told(read(how, line)) == [
        " ".join(part.split(" ")).replace("  ", " ") for part in expected.split(";") if part
    ]


@pytest.mark.parametrize(("how", "line"), [row[:2] for row in ROWS if row[2]])
def test_what_gives_an_action_meets_the_need(how: str, line: str) -> None:
    found = {text for text in literals(need()) if text in squeezed(line)}
    assert read(how, line)
    assert holds(need(), found)


def test_an_encoded_command_is_read_and_named() -> None:
    encoded = base64.b64encode("New-WebGlobalModule A C:\\a.dll".encode("utf-16-le")).decode()
    for name in ("-e", "-ec", "-en", "-enc", "-EncodedCommand", "/enc", "\u2013enc"):
        (action,) = command_actions(f"powershell.exe -NoP -W Hidden {name} {encoded}")
        assert (action.name, action.code, action.note) == ("A", "C:\\a.dll", "-EncodedCommand")


def test_a_renamed_appcmd_is_known_by_its_original_name() -> None:
    (action,) = command_actions("svc.exe uninstall module A", "C:\\Temp\\svc.exe", "appcmd.exe")
    assert (action.act, action.note) == (Act.UNREGISTER, "renamed appcmd.exe")


def test_a_program_known_to_be_another_is_not_taken_for_appcmd() -> None:
    assert command_actions("npm.exe install module /name:a /image:b", "C:\\npm.exe", "npm.exe") == ()


def test_the_managed_api_is_followed_to_the_entry() -> None:
    script = """
    $m = New-Object Microsoft.Web.Administration.ServerManager
    $section = $m.GetApplicationHostConfiguration().GetSection("system.webServer/globalModules")
    $modules = $section.GetCollection()
    $entry = $modules.CreateElement("add")
    $entry["name"] = "x"
    $entry.SetAttributeValue("image", "C:\\y.dll")
    $modules.Add($entry)
    $m.CommitChanges()
    """
    assert told(script_actions(script)) == [
        "register Microsoft.Web.Administration system.webServer/globalModules x C:\\y.dll"
    ]


def test_ahadmin_is_followed_to_the_entry() -> None:
    script = """
    $m = New-Object -ComObject Microsoft.ApplicationHost.WritableAdminManager
    $m.CommitPath = 'MACHINE/WEBROOT/APPHOST'
    $c = $m.GetAdminSection('system.webServer/globalModules', 'MACHINE/WEBROOT/APPHOST').Collection
    $e = $c.CreateNewElement('add')
    $e.Properties.Item('name').Value = 'x'
    $e.Properties.Item('image').Value = 'y.dll'
    $c.AddElement($e, -1)
    """
    assert told(script_actions(script)) == ["register AHAdmin system.webServer/globalModules x y.dll"]


@given(
    st.lists(st.tuples(st.integers(0, 60), st.sampled_from('^"')), max_size=6, unique_by=lambda pair: pair[0]),
    st.booleans(),
    st.booleans(),
)
def test_shell_noise_changes_nothing(noise: list[tuple[int, str]], upper: bool, dash: bool) -> None:
    sign = "-" if dash else "/"
    line = f"{APPCMD} install module {sign}name:Evil {sign}image:C:\\Temp\\e.dll"
    verb = len(APPCMD) + 1
    rewritten = line[:verb] + ("INSTALL MODULE" if upper else "install module") + line[verb + 14 :]
    for at, sign_in in sorted(noise, reverse=True):
        if at < verb + 6 and rewritten[at : at + 1] != "^":
            rewritten = rewritten[:at] + ("^" if sign_in == "^" else '""') + rewritten[at:]
    (action,) = command_actions(rewritten)
    assert (action.act, action.name, action.code) == (Act.REGISTER, "Evil", "C:\\Temp\\e.dll")


_PIECES = st.sampled_from(
    [
        *(row[1] for row in ROWS),
        "&",
        "|",
        "^",
        '"',
        "'",
        "`",
        "(",
        ")",
        "{",
        "}",
        "@{",
        "$x=",
        "$x",
        "[char]",
        "%x:~1%",
        "!",
    ]
)


@settings(max_examples=300, deadline=None)
@given(st.one_of(st.text(max_size=400), st.lists(_PIECES, max_size=12).map("".join), st.lists(_PIECES).map(" ".join)))
def test_only_values_come_out_and_they_meet_the_need(text: str) -> None:
    for actions in (command_actions(text), script_actions(text), command_actions(text, "C:\\x\\appcmd.exe")):
        assert all(isinstance(action, Action) for action in actions)
    if command_actions(text) or script_actions(text):
        assert holds(need(), {literal for literal in literals(need()) if literal in squeezed(text)})


_HOSTILE = [
    "(",
    '"',
    "'",
    "^",
    "`",
    "@{",
    "$(",
    "[",
    "%a",
    "!a!",
    "{0}",
    "<#",
    "$x+=$x;",
    "/+[a='",
    "&",
    "a,",
    "[char]",
    "'a'+",
    "\\",
    "{&",
    "$($x",
]


@pytest.mark.parametrize("piece", [*_HOSTILE, "for %i in (", "-f ", "@'\n", "if "])
def test_hostile_text_is_read_to_its_end(piece: str) -> None:
    text = "appcmd set config /section:x " + piece * (100_000 // len(piece))
    assert len(command_actions(text)) <= MAX_ACTIONS
    assert len(script_actions(text)) <= MAX_ACTIONS


@pytest.mark.parametrize("padding", ["rem & ", "a&", "set x=y & ", "if 1==1 "])
def test_as_long_a_line_as_windows_takes_hides_nothing(padding: str) -> None:
    line = "cmd /c " + padding * (32_000 // len(padding)) + "appcmd install module /name:Evil /image:C:\\Temp\\e.dll"
    assert [action.name for action in command_actions(line) if action.act is Act.REGISTER] == ["Evil"]


def test_a_long_script_that_ends_with_nothing_of_interest_is_not_told() -> None:
    assert not is_cut("New-WebGlobalModule -Name Evil -Image e.dll\n" + "#" * 1_100_000)


@pytest.mark.parametrize("padding", ["#" * 1_100_000 + "\n", "$x = 1\n" * 50_000])
def test_a_script_of_which_the_end_is_not_read_is_known(padding: str) -> None:
    assert is_cut(padding + "New-WebGlobalModule -Name Evil -Image e.dll")
    assert not is_cut("New-WebGlobalModule -Name Evil -Image e.dll")


@pytest.mark.parametrize(
    ("opening", "closing"), [("\u2018", "\u2019"), ("\u201a", "\u201b"), ("\u201c", "\u201d"), ("\u201e", '"')]
)
def test_typographic_quotes_are_quotes_to_powershell(opening: str, closing: str) -> None:
    line = r"New-WebGlobalModule -Name {0}Odd{1} -Image {0}C:\x.dll{1}"

    assert script_actions(line.format(opening, closing)) == script_actions(line.format('"', '"')) != ()


def test_a_script_that_makes_work_without_end_is_given_up_and_the_next_one_is_read() -> None:
    """What a value is that costs too much is not known; what the script does is told all the same."""
    start = "$b='" + "a" * 255 + "'; New-WebGlobalModule -Name M -Image $b"
    images = [[action.code for action in script_actions(start + ".replace('a',$b)" * count)] for count in (1, 2_000)]
    assert [len(found) for found in images] == [1, 1]
    assert images[0][0].startswith("aaa")
    assert not images[1][0]
