"""Every modifier and condition of the Sigma specification, on events that meet it and events that just do not."""

import pytest

from iisight.sigma.match import Matcher
from tests.builders.sigma import compiled, event

APPCMD = r"C:\Windows\System32\inetsrv\appcmd.exe"


def _hits(detection: str, fields: dict[str, str], **more: str) -> bool:
    return bool(Matcher([compiled(detection, **more)]).hits(event(fields)))


def _one(item: str) -> str:
    return f"selection:\n  {item}\ncondition: selection"


@pytest.mark.parametrize(
    ("item", "value", "met"),
    [
        (rf"F: '{APPCMD}'", APPCMD.upper(), True),
        (rf"F: '{APPCMD}'", APPCMD + " ", False),
        ("F: 'a*c'", "A\n\nbC", True),
        ("F: 'a*c'", "abcd", False),
        ("F: 'a?c'", "abc", True),
        ("F: 'a?c'", "ac", False),
        ("F: '*a?c*e'", "xxaycaze", True),
        ("F: 'a*b*ab'", "ab", False),
        ("F: 'a*b*ab'", "abab", True),
        ("F: 'ab*ba'", "aba", False),
        (r"F: 'a\*c'", "a*c", True),
        (r"F: 'a\*c'", "abc", False),
        (r"F: 'a\?c'", "a?c", True),
        (r"F: 'a\\*c'", r"a\bc", True),
        (r"F: 'a\\\*c'", r"a\*c", True),
        (r"F: 'a\bc'", r"a\bc", True),
        ("F: '*'", "", True),
        ("F: ''", "", True),
        ("F: ''", "x", False),
        ("F: null", "", True),
        ("F: null", "x", False),
        ("F: null", None, True),
        ("F: ''", None, False),
        ("F: [a, b]", "B", True),
        ("F: [a, b, 'c*']", "cx", True),
        ("F: [a, b]", "c", False),
        ("F: 3", "3", True),
        ("F: 3", "0x3", True),
        ("F: 3", "33", False),
        ("F: true", "True", True),
        ("F|contains: b", "aBc", True),
        ("F|contains: b", "ac", False),
        ("F|contains: 'a*d'", "xabcdx", True),
        ("F|contains|all: [a, c]", "cba", True),
        ("F|contains|all: [a, d]", "cba", False),
        ("F|startswith: ab", "ABc", True),
        ("F|startswith: ab", "cab", False),
        ("F|endswith: '\\appcmd.exe'", APPCMD, True),
        ("F|endswith: '\\appcmd.exe'", APPCMD + "x", False),
        ("F|cased: aB", "aB", True),
        ("F|cased: aB", "AB", False),
        ("F|contains|cased: aB", "xaBx", True),
        ("F|contains|cased: aB", "xabx", False),
        ("F|cased: [aB, cD]", "cD", True),
        ("F|cased: [aB, cD]", "CD", False),
        ("F|re: 'a.c'", "xabcx", True),
        ("F|re: 'a.c'", "xABCx", False),
        ("F|re: '^a.c$'", "xabc", False),
        ("F|re|i: 'a.c'", "xABCx", True),
        ("F|re|s: 'a.c'", "a\nc", True),
        ("F|re: 'a.c'", "a\nc", False),
        ("F|re|m: '^c$'", "a\nc", True),
        ("F|re: '^c$'", "a\nc", False),
        ("F|re: '(a+)+$'", "a" * 50_000 + "b", False),  # hangs an engine that tries back
        ("F|cidr: 10.0.0.0/8", "10.255.1.2", True),
        ("F|cidr: 10.0.0.0/8", "11.0.0.1", False),
        ("F|cidr: 10.0.0.0/8", "::ffff:10.1.1.1", True),
        ("F|cidr: 'fe80::/10'", "fe80::1", True),
        ("F|cidr: 'fe80::/10'", "-", False),
        ("F|base64: abcd", "YWJjZA==", True),
        ("F|base64|contains: ab", "xYWI=x", True),
        ("F|base64offset|contains: appcmd", "xx" + "YXBwY21k" + "x", True),
        ("F|base64offset|contains: appcmd", "eGFwcGNtZHg=", True),
        ("F|base64offset|contains: appcmd", "eHhhcHBjbWR4", True),
        ("F|base64offset|contains: appcmd", "eHh6cHBjbWR4", False),
        ("F|wide|base64offset|contains: ab", "YQBiAA==", True),
        ("F|utf16|base64offset|contains: ab", "//5hAGIA", True),
        ("F|utf16be|base64offset|contains: ab", "AGEAYg==", True),
        ("F|wide|base64offset|contains: ab", "YWJhYg==", False),
        ("F|windash|contains: ' -name:'", "appcmd /name:x", True),
        ("F|windash|contains: ' -name:'", "appcmd \u2013name:x", True),
        ("F|windash|contains: ' -name:'", "appcmd name:x", False),
        ("F|windash|contains|all: [' -a', ' -b']", "x /b -a", True),
        ("F|windash|contains|all: [' -a', ' -b']", "x /b", False),
        ("F|exists: true", "", True),
        ("F|exists: true", None, False),
        ("F|exists: false", None, True),
        ("F|exists: false", "x", False),
        ("F|lt: 5", "4", True),
        ("F|lt: 5", "5", False),
        ("F|lte: 5", "0x5", True),
        ("F|gt: 5", "0x10", True),
        ("F|gt: 5", "x", False),
        ("F|gt: 5", None, False),
        ("F|gte: 5", "5.0", True),
        ("F|neq: a", "b", True),
        ("F|neq: a", "A", False),
        ("F|neq: a", None, True),
        ("F|contains|neq: [a, b]", "xb", False),
        ("F|fieldref: Other", "SAME", True),
        ("F|fieldref: Other", "other", False),
        ("F|fieldref: Missing", "same", False),
        ("F|fieldref|startswith: Other", "same as", True),
        ("F|fieldref|endswith: Other", "the same", True),
        ("F|fieldref|endswith: Other", "same as", False),
        ("F|fieldref|contains: Other", "the same as", True),
        ("F|minute: 30", "2026-01-02 12:30:15.123", True),
        ("F|hour: 12", "2026-01-02T12:30:15.1234567Z", True),
        ("F|hour: 12", "2026-01-02T12:30:15+02:00", False),
        ("F|day: 2", "2026-01-02T12:30:15Z", True),
        ("F|week: 1", "2026-01-02T12:30:15Z", True),
        ("F|month: 2", "2026-01-02T12:30:15Z", False),
        ("F|year: 2026", "2026-01-02T12:30:15Z", True),
        ("F|year: 2026", "yesterday", False),
        ("F: k", "\u212a", False),  # KELVIN SIGN is no k to Windows
        ("F|contains: ärger", "Großer ÄRGER", True),
    ],
)
def test_a_modifier(item: str, value: str | None, met: bool) -> None:
    fields = {"Other": "same"} | ({} if value is None else {"F": value})
    assert _hits(_one(item), fields) is met


@pytest.mark.parametrize(
    ("detection", "met"),
    [
        ("a: {A: 1}\nb: {B: 2}\ncondition: a and b", True),
        ("a: {A: 1}\nb: {B: 3}\ncondition: a and b", False),
        ("a: {A: 1}\nb: {B: 3}\ncondition: a or b", True),
        ("a: {A: 1}\nb: {B: 3}\ncondition: a and not b", True),
        ("a: {A: 1}\nb: {B: 3}\ncondition: not (a and not b)", False),
        ("a: {A: 1}\nb: {B: 3}\nc: {A: 9}\ncondition: not a or not (b or not c)", False),
        ("sel_a: {A: 1}\nsel_b: {B: 3}\ncondition: 1 of sel_*", True),
        ("sel_a: {A: 1}\nsel_b: {B: 3}\ncondition: all of sel_*", False),
        ("sel_a: {A: 1}\nsel_b: {B: 2}\ncondition: all of them", True),
        ("sel_a: {A: 9}\nsel_b: {B: 2}\ncondition: any of sel*", True),
        ("sel_a: {A: 1}\nfilter_x: {B: 2}\ncondition: sel_a and not 1 of filter_*", False),
        ("sel_a: {A: 1}\nfilter_x: {B: 3}\nfilter_y: {B: 4}\ncondition: sel_a and not 1 of filter_*", True),
        ("a: [{A: 9}, {B: 2}]\ncondition: a", True),
        ("a: [{A: 1, B: 9}, {B: 3}]\ncondition: a", False),
        ("a: {A: 1, B: 2}\ncondition: a", True),
        ("a: {A: 1}\nb: {B: 9}\ncondition: [b, a]", True),
        ("keywords: [xyz, 'Te?t*words']\ncondition: keywords", True),
        ("keywords: [xyz, 'no such']\ncondition: keywords", False),
        ("keywords:\n  '|all': [some, words]\ncondition: keywords", True),
        ("keywords:\n  '|all': [some, wards]\ncondition: keywords", False),
        ("keywords:\n  '|re': 'w[o]rds'\ncondition: keywords", True),
        ("keywords:\n  '|cased': Words\ncondition: keywords", False),
        ("a: {a: 1}\ncondition: a", True),
    ],
)
def test_a_condition(detection: str, met: bool) -> None:
    assert _hits(detection, {"A": "1", "B": "2", "C": "some TEXT of words"}) is met


def test_hits_come_in_the_order_of_the_rules() -> None:
    rules = [compiled(_one(f"F|contains: {text}"), name=text) for text in ("b", "a", "x", "c")]
    assert Matcher(rules).hits(event({"F": "abc"})) == ("b", "a", "c")


def test_values_without_a_name_are_data() -> None:
    source = "{product: windows, service: powershell-classic}"
    matcher = Matcher([compiled(_one("Data|contains: HostApplication=x"), logsource=source)])
    classic = event({"param1": "a", "param2": "HostApplication=X"}, channel="Windows PowerShell", number=400)
    assert matcher.hits(classic)
    assert not matcher.hits(event({"x1": "HostApplication=X"}, channel="Windows PowerShell", number=400))
