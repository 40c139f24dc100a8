"""Command lines and scripts that change a web server, told as actions: AppCmd, PowerShell, and others."""

from iisight.model.activity import Action
from iisight.parsers.commands.needs import COMMAND, SCRIPT, may_act, need
from iisight.parsers.commands.powershell.lexer import MAX_SCRIPT, MAX_TOKENS, tokens
from iisight.parsers.commands.reading import read_process, read_script

VERSION = 2
MAX_ACTIONS = 1_024  # of one line or script

__all__ = ["VERSION", "command_actions", "is_cut", "need", "script_actions"]


def command_actions(command: str, image: str = "", original: str = "") -> tuple[Action, ...]:
    """Return what a command line does to the server; nothing when it does nothing that matters.

    `image` is the program's Windows path as the event gives it, `original` the OriginalFileName of its version. Without
    both the line is read as one typed into cmd.exe.
    """
    if not may_act(COMMAND, command, image, original):
        return ()
    return tuple(dict.fromkeys(read_process(command, image, original)))[:MAX_ACTIONS]


def script_actions(text: str) -> tuple[Action, ...]:
    """Return what a PowerShell script does to the server; nothing when it does nothing that matters."""
    return tuple(dict.fromkeys(read_script(text, 0)))[:MAX_ACTIONS] if may_act(SCRIPT, text) else ()


def is_cut(text: str) -> bool:
    """Tell whether a script goes on behind what is read of it, with words that may matter."""
    if may_act(SCRIPT, text[MAX_SCRIPT:]):
        return True
    return len(text) > MAX_TOKENS and may_act(SCRIPT, text) and len(tokens(text)) >= MAX_TOKENS
