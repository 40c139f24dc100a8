"""Windows paths as text, by the rules of Microsoft's documentation."""

import pytest

from iisight.evidence import paths

VARIABLES = paths.default_variables()


@pytest.mark.parametrize(
    ("path", "key"),
    [
        (r"C:\Windows\System32\INETSRV\w3core.DLL", r"c:\windows\system32\inetsrv\w3core.dll"),
        ("c:/inetpub//wwwroot/", r"c:\inetpub\wwwroot"),
        (r"\\?\C:\x", r"c:\x"),
        (r"\\.\C:\x", r"c:\x"),
        (r"\??\C:\x", r"c:\x"),
        (r"\\?\UNC\Server\Share\x", r"\\server\share\x"),
        (r"\\?\x\..\C:\y", r"c:\y"),
        (r"\\server\share\..\..\x", r"\\server\share\x"),
        (r"C:\a\.\b\..\c", r"c:\a\c"),
        (r"C:\..\..\a", r"c:\a"),
        (r"..\a", r"..\a"),
        (r"C:\a.\b \c. . ", r"c:\a\b\c"),
        (r"C:\a\evil.dll::$DATA", r"c:\a\evil.dll"),
        (r"C:\a\evil.dll:s", r"c:\a\evil.dll:s"),
        ("C:\\", "c:"),
        (r"C:\a\...\b", r"c:\a\...\b"),
        ("C:\\\u00c4\\\u0130", "c:\\\u00e4\\\u0130"),
    ],
)
def test_spellings_of_a_file_meet_in_one_key(path: str, key: str) -> None:
    assert paths.fold(path) == key


def test_letters_that_ntfs_tells_apart_stay_apart() -> None:
    assert len({paths.fold(f"C:\\{name}") for name in ("stra\u00dfe", "strasse", "k", "\u212a")}) == 4


@pytest.mark.parametrize(
    ("text", "expanded"),
    [
        (r"%windir%\x", r"C:\Windows\x"),
        (r"%WINDIR%%systemdrive%", r"C:\WindowsC:"),
        (r"%ProgramFiles(x86)%\IIS", r"C:\Program Files (x86)\IIS"),
        (r"%NOPE%\%windir%", r"%NOPE%\C:\Windows"),
        (r"100%\%windir%", r"100%\C:\Windows"),
        ("%", "%"),
        ("%%", "%%"),
    ],
)
def test_variables_expand_in_any_case(text: str, expanded: str) -> None:
    assert paths.expand(text, VARIABLES) == expanded


def test_values_may_name_other_variables() -> None:
    assert paths.expand("%A%", {"a": "%B%x", "b": "1"}) == "1x"


def test_a_variable_that_names_itself_ends() -> None:
    assert len(paths.expand("%A%", {"A": "%A%%A%"})) <= 2**paths.MAX_NESTING * 3


def test_a_text_that_would_explode_stays_as_it_is() -> None:
    assert paths.expand("%A%", {"A": "x" * 40_000}) == "%A%"


def test_unknown_variables_are_named_once() -> None:
    assert paths.unknown_variables(r"%windir%\%IIS_BIN%\%IIS_BIN%\%x%", VARIABLES) == ("IIS_BIN", "x")


def test_default_variables_follow_the_system_drive() -> None:
    assert paths.default_variables("D:")["windir"] == r"D:\Windows"


@pytest.mark.parametrize(
    ("path", "twin"),
    [
        (r"C:\Windows\System32\inetsrv\x.dll", r"C:\Windows\SysWOW64\inetsrv\x.dll"),
        (r"c:/windows/system32/x.dll", r"c:\windows\SysWOW64\x.dll"),
        (r"C:\Windows\System32\drivers\x.sys", r"C:\Windows\SysWOW64\drivers\x.sys"),
        (r"C:\Windows\System32\drivers\etc\hosts", None),
        (r"C:\Windows\System32\LogFiles\x", None),
        (r"C:\Windows\System32\catroot2", None),
        (r"C:\Windows\System32x\a.dll", None),
        (r"C:\inetpub\System32\a.dll", None),
    ],
)
def test_redirector_gives_the_32_bit_twin(path: str, twin: str | None) -> None:
    assert paths.wow64(path) == twin


def test_sysnative_is_the_real_system32() -> None:
    assert paths.native(r"C:\Windows\Sysnative\x.dll") == r"C:\Windows\System32\x.dll"


def test_other_paths_are_native_as_they_are() -> None:
    assert paths.native(r"C:/inetpub\x.dll") == r"C:/inetpub\x.dll"


@pytest.mark.parametrize(
    ("path", "unc"),
    [(r"\\srv\s\x", True), ("//srv/s", True), (r"\\?\UNC\srv\s", True), (r"\\.\pipe\x", False), (r"\\?\C:\x", False)],
)
def test_server_paths_are_told(path: str, unc: bool) -> None:
    assert paths.is_unc(path) is unc


@pytest.mark.parametrize(
    ("path", "device"),
    [
        (r"\\.\pipe\x", True),
        (r"\\?\GLOBALROOT\Device\HarddiskVolumeShadowCopy1\x", True),
        (r"\Device\HarddiskVolume1\x", True),
        (r"C:\x\NUL", True),
        (r"C:\x\com1.dll", True),
        (r"C:\x\con .txt", True),
        (r"C:\x\console.dll", False),
        (r"\\?\C:\x", False),
        (r"\\srv\share\x", False),
    ],
)
def test_devices_are_told(path: str, device: bool) -> None:
    assert paths.is_device(path) is device


@pytest.mark.parametrize(
    ("path", "stream"),
    [
        (r"C:\a\b.txt:evil.dll", "evil.dll"),
        (r"C:\a\b.txt:evil.dll:$DATA", "evil.dll"),
        (r"\\?\C:\a\b:s", "s"),
        (r"C:\a:s\b", "s"),
        (r"C:\a\b.dll::$DATA", None),
        (r"C:\a\b.dll", None),
        ("b.dll", None),
    ],
)
def test_alternate_streams_are_named(path: str, stream: str | None) -> None:
    assert paths.stream_of(path) == stream


@pytest.mark.parametrize(
    ("path", "absolute"),
    [("C:\\", True), ("c:/x", True), (r"\\s\h", True), (r"\x", False), ("C:x", False), ("x", False), ("", False)],
)
def test_absolute_paths_are_told(path: str, absolute: bool) -> None:
    assert paths.is_absolute(path) is absolute


@pytest.mark.parametrize(
    ("folder", "relative", "joined"),
    [
        (r"C:\a", r"b\c", r"C:\a\b\c"),
        ("C:\\", "b", r"C:\b"),
        (r"C:\a", r"..\..\b", r"C:\b"),
        (r"C:\a", r"D:\b", r"D:\b"),
        (r"C:\a", r"\b", r"C:\b"),
        (r"\\s\h\a", "/b", r"\\s\h\b"),
        (r"C:\a", "C:b", r"C:\a\b"),
        (r"C:\a", "D:b", r"D:\b"),
        (r"C:\a", "", r"C:\a"),
        ("", "b", "b"),
    ],
)
def test_relative_paths_are_seen_from_their_folder(folder: str, relative: str, joined: str) -> None:
    assert paths.join(folder, relative) == joined


@pytest.mark.parametrize(
    ("path", "parent", "name"),
    [
        (r"C:\a\b.txt", r"C:\a", "b.txt"),
        (r"C:\a", "C:\\", "a"),
        ("C:\\", "C:\\", ""),
        ("c:/a/b/", r"c:\a", "b"),
        (r"\\s\h\a", r"\\s\h", "a"),
        ("a", "", "a"),
        (r"a\b", "a", "b"),
    ],
)
def test_a_path_has_a_parent_and_a_name(path: str, parent: str, name: str) -> None:
    assert (paths.parent(path), paths.basename(path)) == (parent, name)


@pytest.mark.parametrize(
    ("path", "extension"),
    [
        (r"C:\a.b\WEB.Config", ".config"),
        (r"C:\a.b\x", ""),
        (r"C:\evil.dll. ", ".dll"),
        (r"C:\evil.dll::$DATA", ".dll"),
        (".config", ".config"),
        ("a.b.c", ".c"),
    ],
)
def test_extension_is_the_one_windows_sees(path: str, extension: str) -> None:
    assert paths.extension(path) == extension


@pytest.mark.parametrize(
    ("path", "long"),
    [
        (r"C:\PROGRA~1\x", r"C:\Program Files\x"),
        (r"c:/progra~2/x", r"c:/Program Files (x86)/x"),
        (r"\\?\C:\PROGRA~3", r"\\?\C:\ProgramData"),
        (r"C:\a\PROGRA~1\x", r"C:\a\PROGRA~1\x"),
        (r"C:\PROGRA~10\x", r"C:\PROGRA~10\x"),
    ],
)
def test_short_names_of_every_windows_are_long_again(path: str, long: str) -> None:
    assert paths.expand_short(path) == long
