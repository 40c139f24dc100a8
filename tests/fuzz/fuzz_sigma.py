"""Fuzz target of Sigma rules: from text to hits; any coverage-guided runner can call `fuzz_one`."""

from iisight.model.need import literals
from iisight.sigma.compile import compile_texts
from iisight.sigma.correlation import Correlator
from iisight.sigma.fields import View
from iisight.sigma.match import Matcher
from iisight.sigma.narrow import clauses_of
from iisight.sigma.needs import need_of
from iisight.sigma.rule import RuleSet, Stored, decode, encode
from tests.builders.sigma import event, rule_text

_FIELDS = {
    "CommandLine": "appcmd.exe install module",
    "Image": "C:\\\u00e9.exe",
    "User": "",
    "ProcessId": "0x10",
    "param1": "\ud800",
}
EVENTS = (
    event(_FIELDS),
    event(_FIELDS, channel="Security", number=4688),
    event({"DestinationIp": "fe80::1", "UtcTime": "2026-01-02 12:30:15"}, number=3),
)


def fuzz_one(data: bytes) -> None:
    """Compile the bytes and ask what comes of it; nothing may be raised, and what is met must be what was needed."""
    rules = compile_texts([("fuzz.yml", data.decode("utf-8", "replace"))])
    assert all(failed.reason for failed in rules.not_evaluated)
    assert decode(encode(Stored("", rules))).rules == rules
    matcher, correlator = Matcher(rules.rules), Correlator(rules.correlations, rules.rules)
    for rule in rules.rules:
        assert all(literals(need_of(rule)))
    for each in EVENTS:
        met = matcher.hits(each)
        for key in met:
            list(correlator.feed(key, each))
        _check_narrowing(rules, set(met))
    list(correlator.finish())


def _check_narrowing(rules: RuleSet, met: set[str]) -> None:
    """Hold that a rule alone is met by the same events."""
    for rule in rules.rules:
        for each in EVENTS:
            if Matcher([rule]).hits(each) and len(rule.bindings) == 1:
                clauses = clauses_of(rule.condition, rule.bindings[0].mapping)
                assert all(any(text in View(each).text for text in clause) for clause in clauses)


def seeds() -> list[bytes]:
    """Return rules of every kind, and what bombs are made of."""
    detection = "a:\n  CommandLine|contains|all: [install, 'mod*le']\n  Image|endswith: ['.exe', null]\n  User: ''\n"
    detection += "b:\n  CommandLine|re|i: 'app(cmd)?\\.exe'\n  ProcessId|gte: 15\nc:\n  DestinationIp|cidr: fe80::/10\n"
    detection += "k: [appcmd]\ncondition: (a or not 1 of b*) and k or all of c*"
    more = "a:\n  CommandLine|wide|base64offset|contains: x\n  User|fieldref|startswith: Image\n  F|exists: false\n"
    more += "  UtcTime|hour: 3\n  G|windash|cased: ' -a'\n  H|expand: '%x%'\ncondition: a"
    correlation = (
        "title: C\nname: c\ncorrelation:\n  type: temporal\n  rules: [r]\n  group-by: [User]\n  timespan: 1m\n"
    )
    first = rule_text(detection, name="r", id="11111111-2222-4333-8444-555555555555")
    bomb = "a: &a [x, x]\nb: &b [*a, *a]\ntitle: *b\nlogsource: {product: windows}\ndetection: {s: *b, condition: s}\n"
    texts = [
        first,
        rule_text(more),
        f"{first}---\n{correlation}",
        f"action: global\n{first}---\naction: repeat\n",
        bomb,
    ]
    return [text.encode() for text in texts]


def tokens() -> list[bytes]:
    """Return what means something in a rule, in YAML or in a regular expression."""
    texts = (
        "|contains", "|all", "|startswith", "|endswith", "|re", "|re|i", "|cased", "|base64", "|base64offset",
        "|wide", "|windash", "|cidr", "|exists", "|lt", "|gte", "|neq", "|fieldref", "|expand", "|hour", " and ",
        "|utf16le", " or ", "not ", "1 of ", "them", "(", ")", "*", "?", "\\", "'", '"', "null", "true", "&a ", "*a",
        "---\n", "<<: *a", "[", "]", "{", "}", ": ", "\n  ", "!!python/object:x ", "!!binary ", "1e999", "0x", "%x%",
        "(a+)+", "{1,999}", "(?i)", "(?=x)", "[[:alpha:]]", "\\pL", "\\Q", "[^", "\u212a", "\x00",
        "action: global\n", "correlation:\n", "filter:\n", "type: value_count\n", "condition: {gte: 2}\n",
        "iisight: {id: IIS399, confidence: low}\n", "timespan: 99999999999d\n", "EventID: 1\n",
    )  # fmt: skip
    return [text.encode() for text in texts]
