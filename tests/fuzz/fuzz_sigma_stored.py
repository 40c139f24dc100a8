"""Fuzz target of compiled Sigma rules; any coverage-guided runner can call `fuzz_one`."""

from contextlib import suppress

from iisight.sigma.match import Matcher
from iisight.sigma.needs import need_of
from iisight.sigma.rule import Stored, decode, encode
from tests.builders.sigma import event, rule_text, ruleset


def fuzz_one(data: bytes) -> None:
    """Read the bytes as compiled rules; what is read must be written as it was, and be usable if RE2 takes it."""
    try:
        stored = decode(data)
    except ValueError:
        return
    assert decode(encode(stored)) == stored
    matcher = Matcher(stored.rules.rules)
    with suppress(ValueError):  # only of RE2, which has no part in what is shipped
        matcher.hits(event({"CommandLine": "appcmd", "F": "10.0.0.1"}))
    for rule in stored.rules.rules:
        need_of(rule)


def seeds() -> list[bytes]:
    """Return rules with every kind of node."""
    detection = "a:\n  F|contains: x\n  G|gt: 1\n  H|cidr: 10.0.0.0/8\n  I|re: a+\n  J: null\n  K|exists: true\n"
    detection += "  L|fieldref: M\n  N|hour: 3\nb: {CommandLine: [x, y]}\ncondition: a or not b"
    rules = ruleset(rule_text(detection, name="r"))
    correlation = "title: C\ncorrelation: {type: event_count, rules: [r], timespan: 1m, condition: {gte: 2}}\n"
    more = ruleset(rule_text("a: {F: x}\ncondition: a", name="r"), correlation)
    return [encode(Stored("x", rules)), encode(Stored("y", more)), b"{}", b"[" * 2_000]


def tokens() -> list[bytes]:
    """Return pieces of compiled rules."""
    texts = (
        '["and",[',
        '["or",[]]',
        '["not",',
        '["text","",[0,1,"x"]]',
        '["re","","(a+)+"]',
        "]",
        "[",
        "0",
        '"x"',
        "null",
    )
    return [text.encode() for text in texts]
