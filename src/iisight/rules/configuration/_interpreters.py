"""What the command line and the environment of a script interpreter make it run or load besides the script.

PHP: `php-cgi -h`, php.ini directives and "The configuration file" of the PHP manual; Python: "Environment variables";
Node.js: "Command-line API"; Perl: perlrun; Ruby: ruby(1).
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum, auto

_MAX_TEXT = 8_191  # characters; cmd.exe takes no more
_MAX_PARTS = 256

_TOKEN = re.compile(r'(?:"[^"]*"|[^\s"])+')
_SWITCH = re.compile(
    r"(--(?:define|php-ini|zend-extension|require|import|loader|experimental-loader)|-[dczrI])=?(.*)", re.DOTALL
)


class Use(Enum):
    """What the interpreter does with what it is told of."""

    RUNS = auto()  # with every script
    PRELOADS = auto()  # before the script; what monitoring agents do
    LOADS = auto()  # configuration or extensions
    SEARCHES = auto()  # for what the script asks for


@dataclass(frozen=True, slots=True)
class Told:
    """One thing the interpreter is told: by what name, and the file or folder."""

    name: str
    value: str
    use: Use


_DIRECTIVES = {
    "auto_prepend_file": Use.RUNS,
    "auto_append_file": Use.RUNS,
    "extension": Use.LOADS,
    "zend_extension": Use.LOADS,
    "extension_dir": Use.LOADS,
}
_SWITCHES = {
    "-c": Use.LOADS,
    "--php-ini": Use.LOADS,
    "-z": Use.LOADS,
    "--zend-extension": Use.LOADS,
    "-r": Use.PRELOADS,
    "--require": Use.PRELOADS,
    "--import": Use.PRELOADS,
    "--loader": Use.PRELOADS,
    "--experimental-loader": Use.PRELOADS,
    "-I": Use.SEARCHES,
}
_VARIABLES = {
    "PHPRC": Use.LOADS,
    "PHP_INI_SCAN_DIR": Use.LOADS,
    "PYTHONSTARTUP": Use.PRELOADS,
    "PYTHONPATH": Use.SEARCHES,
    "PYTHONHOME": Use.SEARCHES,
    "NODE_PATH": Use.SEARCHES,
    "PERL5LIB": Use.SEARCHES,
    "RUBYLIB": Use.SEARCHES,
}
_OPTIONS = frozenset({"NODE_OPTIONS", "PERL5OPT", "RUBYOPT"})


def told_by_arguments(arguments: str) -> Iterator[Told]:
    """Yield what a command line tells the interpreter."""
    tokens = [token.replace('"', "") for token in _TOKEN.findall(arguments[:_MAX_TEXT])[:_MAX_PARTS]]
    for token, following in zip(tokens, [*tokens, ""][1:], strict=True):
        match = _SWITCH.fullmatch(token)
        if match is None:
            continue
        switch, value = match[1], match[2] or following
        if switch in _SWITCHES:
            yield Told(switch, value, _SWITCHES[switch])
            continue
        name, _, given = value.partition("=")
        use = _DIRECTIVES.get(name.strip().lower())
        if use is not None:
            yield Told(name.strip().lower(), given.strip().strip("'"), use)


def told_by_variable(name: str, value: str) -> Iterator[Told]:
    """Yield what an environment variable tells the interpreter."""
    upper = name.strip().upper()
    if upper in _OPTIONS:
        for told in told_by_arguments(value):
            yield Told(f"{upper} {told.name}", told.value, told.use)
    elif upper in _VARIABLES:
        for part in value[:_MAX_TEXT].split(";")[:_MAX_PARTS]:
            if part.strip():
                yield Told(upper, part.strip().strip('"'), _VARIABLES[upper])
