"""SPL of Splunk, over event logs as the Universal Forwarder sends them."""

from iisight.export.binding import Names
from iisight.export.conversion import BackEnd, Dialect


def dialect() -> Dialect:
    """Return what is said of SPL. `source` is `WinEventLog:…` or, rendered as XML, `XmlWinEventLog:…`."""
    return Dialect(
        name="splunk",
        suffix="spl",
        back_end=_back_end,
        join=lambda queries, _: queries[0] if len(queries) == 1 else " OR ".join(f"({query})" for query in queries),
        names=Names("source", "*WinEventLog:{}", "EventCode"),
        keywords=True,
        unwritable="*`",  # a wildcard, a macro
        compares=True,
    )


def _back_end() -> BackEnd:
    from sigma.backends.splunk import SplunkBackend

    back_end: BackEnd = SplunkBackend()
    return back_end
