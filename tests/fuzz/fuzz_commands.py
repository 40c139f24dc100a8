"""Fuzz target of command lines and scripts; any coverage-guided runner can call `fuzz_one`."""

from iisight.parsers.commands import command_actions, script_actions

_SEEDS = (
    r"cmd /c appcmd install module /name:x /image:C:\x.dll & set a=b& echo %a:~0,1%",
    "appcmd set config /section:globalModules /+\"[name='x',image='y']\"",
    "$a='New-Web'; & ($a+'GlobalModule') @{a='b'} -Name x | % { $_ }",
    "$s=(New-Object Microsoft.Web.Administration.ServerManager).GetSection('x'); $s['a']=[char]65+('{0}' -f 'x')",
)


def fuzz_one(data: bytes) -> None:
    """Read the text as a line and as a script; nothing may be raised."""
    text = data.decode("utf-8", "replace")
    command_actions(text)
    script_actions(text)


def seeds() -> list[bytes]:
    """Return a few lines and scripts."""
    return [seed.encode() for seed in _SEEDS]


def tokens() -> list[bytes]:
    """Return pieces that mean something."""
    return [
        b"^",
        b'"',
        b"'",
        b"`",
        b"$x",
        b"$(",
        b"@{",
        b"@'\n",
        b"[char]",
        b"-f",
        b"appcmd",
        b"%x%",
        b"&&",
        b"for %i in (",
    ]
