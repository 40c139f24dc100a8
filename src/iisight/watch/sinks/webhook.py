"""Alerts to a web server: POST of ECS documents; a status of 2xx is the receipt.

Redirects are not followed: they would carry the secret to wherever the answer says. What speaks against the content
(400, 413, 422) is a refusal; all else, a wrong token included, is tried again, so that it loses nothing.
"""

import hashlib
import os
import ssl
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from ipaddress import ip_address
from pathlib import Path
from urllib.parse import SplitResult, urlsplit

from iisight.model.alert import Alert
from iisight.model.errors import UsageError
from iisight.report.alerts import ecs_line, line
from iisight.report.json import to_json_line
from iisight.report.safe import escape
from iisight.watch.sinks.net import TIMEOUT, TLS_SETTINGS, tls_context
from iisight.watch.sinks.options import Settings, first_line, settings
from iisight.watch.sinks.sink import SinkError
from iisight.watch.sinks.web_answer import LONGEST, Answer, judge, read_all

MAX_CHAT = 20  # alerts in one message of a chat

_SETTINGS = ("format", "authorization-env", "authorization-file", "timeout")
_SECURE = (*TLS_SETTINGS, "proxy")  # those of https:// alone


@dataclass(frozen=True, slots=True)
class Body:
    """How alerts are written into a request."""

    media: str
    write: Callable[[Sequence[Alert]], bytes]
    most: int = 1_000_000  # alerts in one request


@dataclass(frozen=True, slots=True)
class Target:
    """Where requests go, and how."""

    url: SplitResult
    body: Body
    authorization: Callable[[], str] = str  # read for each request: a token may be renewed; raises UsageError
    context: ssl.SSLContext | None = None
    proxy: tuple[str, int] | None = None
    timeout: float = TIMEOUT  # seconds of one step
    longest: float = LONGEST


class WebhookSink:
    """Posts alerts, each time over a new connection: they are few, and one that broke is never met."""

    def __init__(self, target: Target) -> None:
        """Connect to nothing yet."""
        secret = hashlib.sha256(f"{target.url.path}?{target.url.query}".encode()).hexdigest()[:8]
        self.name = f"{target.url.scheme}://{target.url.netloc} #{secret}"  # the path of a webhook is a secret
        self._target = target

    def send(self, alerts: Sequence[Alert]) -> None:
        """Post alerts and wait for the receipt."""
        most = self._target.body.most
        for start in range(0, len(alerts), most):
            try:
                self._post(alerts[start : start + most])
            except SinkError as error:
                error.accepted += start
                raise

    def close(self) -> None:
        """Do nothing: no connection is kept."""

    def _post(self, alerts: Sequence[Alert]) -> None:
        connection = _connection(self._target)
        try:
            headers = self._headers(alerts)
            connection.request("POST", _path(self._target.url), self._target.body.write(alerts), headers)
            response = connection.getresponse()
            read_all(response)
        except (OSError, HTTPException, UsageError) as error:
            raise SinkError(f"{self.name}: {_reason(error)}") from error
        finally:
            connection.close()
        judge(self.name, response)

    def _headers(self, alerts: Sequence[Alert]) -> dict[str, str]:
        headers = {
            "Content-Type": self._target.body.media,
            "User-Agent": "iisight",
            "Idempotency-Key": _key(alerts),
            "Connection": "close",
        }
        if authorization := self._target.authorization():
            headers["Authorization"] = authorization
        return headers


def parse(text: str) -> WebhookSink:
    """Return the sink of `https://HOST/PATH?QUERY#format=array&authorization-file=PATH&ca=PATH`.

    Settings stand behind the `#`, which no server ever sees. Raises UsageError, without the address: it may be secret.
    """
    try:
        url = urlsplit(text)
        _ = url.port
    except ValueError as error:
        raise UsageError("webhook: expected https://HOST:PORT/PATH") from error
    if not url.hostname or url.username is not None or _is_odd(text):
        raise UsageError(
            "webhook: expected https://HOST/PATH in ASCII; a name and password belong in authorization-file"
        )
    given = settings("webhook", url.fragment, (*_SETTINGS, *(_SECURE if url.scheme == "https" else ())))
    authorization = _authorization(given)
    if url.scheme == "http" and authorization is not str and not _is_here(url.hostname):
        raise UsageError("webhook: a secret is not sent to another computer in clear: use https://")
    return WebhookSink(
        Target(
            url._replace(fragment=""),
            given.choice("format", BODIES, "ndjson"),
            authorization,
            tls_context(given) if url.scheme == "https" else None,
            _proxy(given),
            given.number("timeout", TIMEOUT, 1, int(LONGEST)),
        )
    )


def _is_odd(text: str) -> bool:
    return not text.isascii() or not text.isprintable() or " " in text


def _ndjson(alerts: Sequence[Alert]) -> bytes:
    return b"".join(map(ecs_line, alerts))


def _array(alerts: Sequence[Alert]) -> bytes:
    return b"[%b]\n" % b",".join(ecs_line(alert).rstrip(b"\n") for alert in alerts)


def _chat(alerts: Sequence[Alert]) -> bytes:
    """Return lines for a person as Slack, Mattermost and Teams take them; nobody is called by hostile text."""
    text = "\n".join(map(line, alerts))
    for character, name in (("&", "&amp;"), ("<", "&lt;"), (">", "&gt;"), ("@", "@\u2060")):
        text = text.replace(character, name)
    return to_json_line({"text": text}).encode("utf-8")


BODIES: Mapping[str, Body] = {
    "ndjson": Body("application/x-ndjson", _ndjson),
    "array": Body("application/json", _array),
    "chat": Body("application/json", _chat, MAX_CHAT),
}


def _authorization(given: Settings) -> Callable[[], str]:
    """Return what reads the header's value from the environment or a file. Raises UsageError when it is not there."""
    variable, path = given.values.get("authorization-env"), given.path("authorization-file")
    if variable and path:
        raise UsageError("webhook: authorization-env or authorization-file, not both")
    if not variable and path is None:
        return str

    def read() -> str:
        value = os.environ.get(variable, "") if variable else first_line(path or Path(), "webhook")
        if not value or _is_odd(value.replace(" ", "")):
            raise UsageError(f"webhook: {variable or path}: expected a header's value in printable ASCII")
        return value

    read()
    return read


def _proxy(given: Settings) -> tuple[str, int] | None:
    text = given.values.get("proxy", "")
    if not text:
        return None
    try:
        url = urlsplit(text)
        port = url.port or 8080
    except ValueError as error:
        raise UsageError(f"webhook: proxy={text}: {error}") from error
    if url.scheme != "http" or not url.hostname or url.username is not None:
        raise UsageError(f"webhook: proxy={text}: expected http://HOST:PORT")
    return url.hostname, port


def _connection(target: Target) -> HTTPConnection:
    host, port = target.url.hostname or "", target.url.port
    if target.context is None:
        connection = HTTPConnection(host, port, timeout=target.timeout)
    else:
        first, first_port = target.proxy or (host, port)
        connection = HTTPSConnection(first, first_port, timeout=target.timeout, context=target.context)
        if target.proxy is not None:
            connection.set_tunnel(host, port or 443)
    connection.response_class = partial(Answer, longest=target.longest)  # type: ignore[assignment]
    return connection


def _key(alerts: Sequence[Alert]) -> str:
    """Return what tells a request that is sent again: the id of an alert, or that of all of them together."""
    ids = ",".join(alert.id for alert in alerts)
    return (
        ids if len(alerts) == 1 and ids.isalnum() else hashlib.sha256(ids.encode("utf-8", "replace")).hexdigest()[:32]
    )


def _path(url: SplitResult) -> str:
    return (url.path or "/") + (f"?{url.query}" if url.query else "")


def _is_here(host: str) -> bool:
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False


def _reason(error: Exception) -> str:
    reason = str(getattr(error, "strerror", None) or error) or type(error).__name__
    return escape(reason[:200])
