"""Alerts to a syslog server: RFC 5424 over UDP (RFC 5426), TCP with octet counting (RFC 6587) or TLS (RFC 5425).

Syslog has no receipt. What the server's computer has acknowledged and the server then lost is not sent again.
"""

import socket
import ssl
from collections.abc import Sequence
from urllib.parse import urlsplit

from iisight.model.alert import Alert
from iisight.model.errors import UsageError
from iisight.watch.sinks.net import TIMEOUT, TLS_SETTINGS, connect, is_open, tls_context
from iisight.watch.sinks.options import settings
from iisight.watch.sinks.sink import SinkError
from iisight.watch.sinks.syslog_message import EXAMPLE_ENTERPRISE, FACILITIES, LEAST, MOST, Style, message

_PORTS = {"udp": 514, "tcp": 514, "tls": 6514}
_SIZES = {"udp": 2048, "tcp": 8192, "tls": 8192}  # what receivers should take (RFC 5424, 6.1; RFC 5425, 4.3.1)


class StreamSink:
    """Sends over TCP or TLS; a connection is made when it is needed and kept."""

    def __init__(self, name: str, host: str, port: int, style: Style, context: ssl.SSLContext | None = None) -> None:
        """Connect to nothing yet."""
        self.name = name
        self._host, self._port, self._style, self._context = host, port, style, context
        self._connection: socket.socket | None = None

    def send(self, alerts: Sequence[Alert]) -> None:
        """Send alerts, each behind its length."""
        frames = b"".join(b"%d %b" % (len(text), text) for text in (message(a, self._style) for a in alerts))
        try:
            self._connected().sendall(frames)
        except OSError as error:
            self.close()
            raise SinkError(f"{self._host}:{self._port}: {_reason(error)}") from error

    def close(self) -> None:
        """End the connection."""
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.close()

    def _connected(self) -> socket.socket:
        if self._connection is not None and not is_open(self._connection):
            self.close()
        if self._connection is None:
            self._connection = connect(self._host, self._port, self._context, TIMEOUT)
        return self._connection


class DatagramSink:
    """Sends a datagram for each alert. Nobody says whether it arrived; only that nobody listens is heard, sometimes."""

    def __init__(self, name: str, host: str, port: int, style: Style) -> None:
        """Look up nothing yet."""
        self.name = name
        self._host, self._port, self._style = host, port, style
        self._socket: socket.socket | None = None

    def send(self, alerts: Sequence[Alert]) -> None:
        """Send alerts, each as a datagram."""
        for count, alert in enumerate(alerts):
            try:
                self._connected().send(message(alert, self._style))
            except OSError as error:
                self.close()
                raise SinkError(f"{self._host}:{self._port}: {_reason(error)}", accepted=count) from error

    def close(self) -> None:
        """Close the socket."""
        opened, self._socket = self._socket, None
        if opened is not None:
            opened.close()

    def _connected(self) -> socket.socket:
        if self._socket is None:
            family, kind, protocol, _, address = socket.getaddrinfo(self._host, self._port, type=socket.SOCK_DGRAM)[0]
            self._socket = socket.socket(family, kind, protocol)
            self._socket.settimeout(TIMEOUT)
            self._socket.connect(address)
        return self._socket


def parse(text: str) -> StreamSink | DatagramSink:
    """Return the sink of `syslog+tls://HOST:PORT?ca=PATH&facility=local0&…`. Raises UsageError."""
    scheme, _, rest = text.partition("://")
    address, _, query = rest.partition("?")
    carrier = scheme.rpartition("+")[2]
    names = ("facility", "app", "enterprise", "max", "format", *(TLS_SETTINGS if carrier == "tls" else ()))
    given = settings(scheme, query, names)
    host, port = _address(scheme, address, _PORTS.get(carrier, 0))
    style = Style(
        given.choice("facility", FACILITIES, "local0"),
        given.word("app", "iisight", 48),
        given.number("enterprise", EXAMPLE_ENTERPRISE, 1, 2**32 - 1),
        given.size("max", _SIZES.get(carrier, 0), LEAST, MOST if carrier == "udp" else 1024 * 1024),
        given.choice("format", {"text": False, "ecs": True}, "text"),
    )
    name = f"{scheme}://{f'[{host}]' if ':' in host else host}:{port}"
    if carrier == "udp":
        return DatagramSink(name, host, port, style)
    return StreamSink(name, host, port, style, tls_context(given) if carrier == "tls" else None)


def _address(scheme: str, text: str, port: int) -> tuple[str, int]:
    try:
        parts = urlsplit(f"//{text.removesuffix('/')}")
        host, found = parts.hostname, parts.port or port
    except ValueError as error:
        raise UsageError(f"{scheme}: '{text[:100]}': {error}") from error
    if not host or parts.path or parts.username is not None or parts.fragment:
        raise UsageError(f"{scheme}: '{text[:100]}': expected HOST or HOST:PORT")
    return host, found


def _reason(error: OSError) -> str:
    return str(error.strerror or error)
