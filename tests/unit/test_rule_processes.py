"""What the rules take for a shell, an encoded command, and a host of one's own."""

import pytest

from iisight.rules.configuration import _processes, _rewriting


@pytest.mark.parametrize(
    ("command", "program", "arguments"),
    [
        ('C:\\Perl64\\bin\\perl.exe "%s" %s', "C:\\Perl64\\bin\\perl.exe", '"%s" %s'),
        ("cmd /c start.bat", "cmd", "/c start.bat"),
        ('"C:\\Program Files\\a b\\x.exe" -q', "C:\\Program Files\\a b\\x.exe", "-q"),
        ("C:\\Program Files\\nodejs\\node.exe --debug", "C:\\Program Files\\nodejs\\node.exe", "--debug"),
        ("", "", ""),
    ],
)
def test_a_command_line_is_split_behind_its_program(command: str, program: str, arguments: str) -> None:
    assert _processes.split_program(command) == (program, arguments)


@pytest.mark.parametrize(
    "image", ["C:\\Windows\\System32\\CMD.EXE", "powershell", '"C:\\Windows\\System32\\mshta.exe" x']
)
def test_a_shell_is_known_by_its_name_in_any_spelling(image: str) -> None:
    assert _processes.is_shell(image)


@pytest.mark.parametrize("image", ["dotnet", ".\\Shop.exe", "C:\\PHP\\php-cgi.exe", "C:\\cmd\\shop.exe"])
def test_what_hosts_an_application_is_no_shell(image: str) -> None:
    assert not _processes.is_shell(image)


@pytest.mark.parametrize("flag", ["-e", "-ec", "/enc", "-EncodedCommand"])
def test_an_encoded_command_is_seen_behind_every_short_form(flag: str) -> None:
    assert _processes.is_encoded(f"-NoP {flag} aW5lcnRpbmVydGluZXJ0aW5lcnQ=")


def test_a_long_value_of_another_option_is_no_encoded_command() -> None:
    assert not _processes.is_encoded("-environment aW5lcnRpbmVydGluZXJ0aW5lcnQ=")


@pytest.mark.parametrize(
    "url",
    ["http://localhost:3000/", "http://backend/", "http://10.0.0.1/x", "http://[::1]:80/", "https://{HTTP_HOST}/a"],
)
def test_a_host_of_this_network_is_near(url: str) -> None:
    assert _rewriting.is_near(_rewriting.host_of(url), frozenset())


@pytest.mark.parametrize("url", ["http://cdn.example.net/", "https://localhost@cdn.example.net:8/x", "http://8.8.8.8/"])
def test_a_public_host_is_not_near(url: str) -> None:
    assert not _rewriting.is_near(_rewriting.host_of(url), frozenset({"example.org"}))


def test_a_host_of_a_domain_the_server_has_is_near() -> None:
    assert _rewriting.is_near("api.shop.example.org", frozenset({"example.org"}))
