"""What iisight looks for: one rule is `<name>.py` and its page `<name>.md`, and nothing else to edit.

A rule's module has `INFO: RuleInfo` and `check(inventory, options) -> Iterable[Finding]`; one about events is given an
activity, one that correlates a case. Names that start with `_` are no rules.
"""
