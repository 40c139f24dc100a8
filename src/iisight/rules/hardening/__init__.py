"""Checks of the mitigations that ATT&CK names for T1505.004: how a server stands, not what was done to it.

A check's module has `INFO: CheckInfo` and `check(host, options) -> Iterable[Point]`; what it says is the gravest of its
points. `iisight harden` runs them, `iisight scan` does not. Its page has cases that fail, pass and are not known.
"""
