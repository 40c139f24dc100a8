"""Connections of sinks: every wait is bounded, every certificate is checked."""

import socket
import ssl

from iisight.model.errors import UsageError
from iisight.watch.sinks.options import Settings

TIMEOUT = 10  # seconds of one step: to connect, to send, to receive
TLS_SETTINGS = ("ca", "cert", "key")


def tls_context(given: Settings) -> ssl.SSLContext:
    """Return what checks the server: roots of this computer, or `ca`; `cert` and `key` say who we are.

    The host's name is always checked, and nothing below TLS 1.2 is spoken. Raises UsageError.
    """
    try:
        context = ssl.create_default_context(cafile=given.path("ca"))
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        certificate = given.path("cert")
        if certificate is not None:
            context.load_cert_chain(certificate, given.path("key"))
    except (OSError, ssl.SSLError) as error:
        files = ", ".join(f"{name}={given.values[name]}" for name in TLS_SETTINGS if name in given.values)
        raise UsageError(f"{given.kind}: {files}: {error.strerror or error}") from error
    return context


def connect(host: str, port: int, context: ssl.SSLContext | None, timeout: float) -> socket.socket:
    """Return a connected TCP socket, with TLS when there is a context. Raises OSError, as every use of it does."""
    plain = socket.create_connection((host, port), timeout)
    try:
        plain.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        return plain if context is None else context.wrap_socket(plain, server_hostname=host)
    except BaseException:
        plain.close()
        raise


def is_open(connection: socket.socket) -> bool:
    """Tell whether the other side has not closed: what is sent to one that did would be lost without a word."""
    timeout = connection.gettimeout()
    connection.setblocking(False)
    try:
        return bool(connection.recv(4096))  # nobody is expected to say anything, and what is said is not read
    except (BlockingIOError, ssl.SSLWantReadError):
        return True
    except OSError:
        return False
    finally:
        connection.settimeout(timeout)
