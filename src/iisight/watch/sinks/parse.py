"""A sink from the text of an option."""

from importlib import import_module
from pathlib import Path

from iisight.model.errors import UsageError
from iisight.watch.sinks.options import first_line
from iisight.watch.sinks.sink import Sink

_MODULES = {
    "-": "terminal",
    "file": "file",
    "syslog+udp": "syslog",
    "syslog+tcp": "syslog",
    "syslog+tls": "syslog",
    "http": "webhook",
    "https": "webhook",
    "eventlog": "eventlog",
    "command": "command",
}
"""The module of each kind of sink; imported when it is asked for, since TLS alone takes 30 ms."""


def sink_of(text: str) -> Sink:
    """Return the sink that a text names, such as `-`, `file:PATH`, `syslog+tls://HOST` or `https://HOST/PATH`.

    `@PATH` reads the text from the first line of a file, for one that holds a secret. Raises UsageError.
    """
    if text.startswith("@"):
        text = first_line(Path(text[1:]), "sink")
    kind = "-" if text.startswith("-") else text.partition(":")[0].partition("?")[0]
    if kind not in _MODULES:
        raise UsageError(f"no sink '{kind[:40]}'; there are: {', '.join(_MODULES)}")
    sink: Sink = import_module(f"iisight.watch.sinks.{_MODULES[kind]}").parse(text)
    return sink
