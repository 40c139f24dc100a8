"""Command lines and scripts that change a web server, told as actions: AppCmd, PowerShell, and others."""

from iisight.model.activity import Action

VERSION = 1


def command_actions(command: str, image: str = "", original: str = "") -> tuple[Action, ...]:
    """Return what a command line does to the server; nothing when it does nothing that matters.

    `image` is the program's Windows path as the event gives it, `original` the OriginalFileName of its version.
    """
    raise NotImplementedError


def script_actions(text: str) -> tuple[Action, ...]:
    """Return what a PowerShell script does to the server; nothing when it does nothing that matters."""
    raise NotImplementedError
