"""The forms in which a sink writes an alert, by the word that chooses them."""

from collections.abc import Callable, Mapping

from iisight.model.alert import Alert
from iisight.report.alerts import ecs_line, line

Form = Callable[[Alert], bytes]


def text_line(alert: Alert) -> bytes:
    """Return an alert as a line for a person, UTF-8."""
    return line(alert).encode("utf-8") + b"\n"


FORMS: Mapping[str, Form] = {"ecs": ecs_line, "text": text_line}
