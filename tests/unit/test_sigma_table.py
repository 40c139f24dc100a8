"""Rules against events: which hit is worked out by hand from the Sigma specification and the events' documentation."""

from collections.abc import Mapping
from datetime import timedelta

import pytest

from iisight.model.event import Event
from iisight.sigma.correlation import Correlator
from iisight.sigma.match import Matcher
from tests.builders.sigma import NOON, event, rule_text, ruleset

APPCMD = r"C:\Windows\System32\inetsrv\appcmd.exe"
EVENTS: Mapping[str, Event] = {
    "a": event(
        {
            "CommandLine": r"appcmd.exe install module /name:Own /image:C:\own.dll",
            "Image": APPCMD,
            "ParentImage": r"C:\Windows\System32\cmd.exe",
            "User": r"IIS APPPOOL\Site",
            "ProcessId": "4711",
        }
    ),
    "b": event(
        {
            "CommandLine": '"APPCMD.EXE" list apppool \u2013text:*',
            "Image": APPCMD.upper(),
            "ParentImage": r"C:\Windows\explorer.exe",
            "User": r"CONTOSO\admin",
            "ProcessId": "0x10",
        }
    ),
    "c": event({"CommandLine": "", "Image": r"C:\Own\own.exe", "User": r"CONTOSO\own.exe", "ProcessId": "8"}),
    "d": event(
        {"Image": r"C:\w3wp.exe", "DestinationIp": "10.1.2.3", "DestinationPort": "3389", "Initiated": "true"}, number=3
    ),
    "e": event(
        {"Image": r"C:\a.exe", "DestinationIp": "fe80::9", "DestinationPort": "443", "Initiated": "false"}, number=3
    ),
    "f": event(
        {
            "NewProcessName": APPCMD,
            "CommandLine": "appcmd add module",
            "ParentProcessName": r"C:\Windows\System32\inetsrv\w3wp.exe",
            "SubjectUserName": "SYSTEM",
            "SubjectDomainName": "NT AUTHORITY",
            "MandatoryLabel": "S-1-16-16384",
            "NewProcessId": "0x1267",  # 4711
        },
        channel="Security",
        number=4688,
    ),
    "g": event({"LogonType": "3", "IpAddress": "::ffff:10.0.0.7"}, channel="Security", number=4624),
    "h": event(
        {"Configuration": '/system.webServer/globalModules/add[@name="Own"]', "EditOperationType": "0"},
        channel="Microsoft-IIS-Configuration/Operational",
        number=29,
    ),
    "i": event(
        {"param1": "Available", "param2": "HostApplication=powershell -enc YQBwAHAAYwBtAGQA"},  # `appcmd` in UTF-16
        channel="Windows PowerShell",
        number=400,
    ),
    "j": event(
        {"TargetObject": r"HKLM\SOFTWARE\Own", "Details": "DWORD (0x1)", "UtcTime": "2026-01-02 12:30:15.123"},
        number=13,
    ),
}

PROCESS = "{product: windows, category: process_creation}"
NETWORK = "{product: windows, category: network_connection}"
ANY = "{product: windows}"


def _service(name: str) -> str:
    return f"{{product: windows, service: {name}}}"


TABLE = [
    # plain values: any case, the whole value, wildcards, several of them
    (PROCESS, rf"s: {{Image: '{APPCMD.lower()}'}}", "s", "abf"),
    (PROCESS, "s: {Image: appcmd.exe}", "s", ""),
    (PROCESS, r"s: {Image: '*\appcmd.exe'}", "s", "abf"),
    (PROCESS, r"s: {Image: 'C:\Own\own.???'}", "s", "c"),
    (PROCESS, r"s: {Image: 'C:\Own\own.??'}", "s", ""),
    (PROCESS, r"s: {ParentImage: ['*\cmd.exe', '*\w3wp.exe']}", "s", "af"),
    (PROCESS, "s: {ProcessId: 4711}", "s", "af"),
    (PROCESS, "s: {IntegrityLevel: System}", "s", "f"),
    (NETWORK, "s: {Initiated: true}", "s", "d"),
    # modifiers
    (PROCESS, "s: {CommandLine|contains: 'install module'}", "s", "a"),
    (PROCESS, "s: {CommandLine|contains|all: [appcmd, module]}", "s", "af"),
    (PROCESS, "s: {CommandLine|startswith: appcmd}", "s", "af"),
    (PROCESS, "s: {CommandLine|endswith: ':*'}", "s", "ab"),  # `*` is a wildcard: ends with `:` and anything
    (PROCESS, r"s: {CommandLine|endswith: ':\*'}", "s", "b"),
    (PROCESS, "s: {CommandLine|contains|cased: APPCMD}", "s", "b"),
    (PROCESS, "s: {CommandLine|contains|windash: ' -text'}", "s", "b"),
    (PROCESS, "s: {CommandLine|contains|windash: ' -name:'}", "s", "a"),
    (PROCESS, "s: {CommandLine|re: 'install\\s+mod'}", "s", "a"),
    (PROCESS, "s: {CommandLine|re: 'APPCMD'}", "s", "b"),
    (PROCESS, "s: {CommandLine|re|i: 'appcmd.*(module|apppool)'}", "s", "abf"),
    (PROCESS, r"s: {Image|fieldref|endswith: User}", "s", ""),
    (PROCESS, "s: {ParentImage|exists: false}", "s", "c"),
    (PROCESS, "s: {ParentImage|exists: true}", "s", "abf"),
    (PROCESS, "s: {ProcessId|gt: 15}", "s", "abf"),
    (PROCESS, "s: {ProcessId|lte: 16}", "s", "bc"),
    (NETWORK, "s: {DestinationIp|cidr: 10.0.0.0/8}", "s", "d"),
    (NETWORK, "s: {DestinationIp|cidr: ['fe80::/10', 192.168.0.0/16]}", "s", "e"),
    (_service("security"), "s: {IpAddress|cidr: 10.0.0.0/24}", "s", "g"),
    (_service("powershell-classic"), "s: {Data|wide|base64offset|contains: appcmd}", "s", "i"),
    (_service("sysmon"), "s: {UtcTime|hour: 12}", "s", "j"),
    (_service("sysmon"), "s: {UtcTime|minute: 31}", "s", ""),
    # null and the empty value
    (PROCESS, "s: {CommandLine: null}", "s", "c"),
    (PROCESS, "s: {CommandLine: ''}", "s", "c"),
    (PROCESS, "s: {ParentImage: null}", "s", "c"),
    (PROCESS, "s: {ParentImage: ''}", "s", ""),
    # conditions
    (PROCESS, r"s: {Image|endswith: \appcmd.exe}\nf: {ParentImage|endswith: \cmd.exe}", "s and not f", "bf"),
    (PROCESS, "s: {User|contains: CONTOSO}\nt: {ProcessId: 4711}", "s or t", "abcf"),
    (PROCESS, "s: {User|contains: CONTOSO}\nt: {CommandLine|contains: list}", "not (s and not t)", "abf"),
    (PROCESS, "s_a: {CommandLine|contains: module}\ns_b: {User|contains: IIS}\nx: {User: z}", "1 of s_*", "af"),
    (PROCESS, "s_a: {CommandLine|contains: module}\ns_b: {User|contains: IIS}\nx: {User: z}", "all of s_*", "a"),
    (PROCESS, "s: {CommandLine|contains: list}\nt: {User|contains: IIS}", "1 of them", "ab"),
    (PROCESS, "s: {CommandLine|contains: list}\nt: {User|contains: admin}", "all of them", "b"),
    (PROCESS, "s: {CommandLine|contains: list}\n_t: {User|contains: IIS}", "1 of them", "b"),
    (PROCESS, r"s: [{CommandLine|contains: list}, {User: NT AUTHORITY\SYSTEM, ProcessId: 4711}]", "s", "bf"),
    (PROCESS, "s: {User|contains: CONTOSO}\nf_1: {ProcessId: 8}\nf_2: {ProcessId: 16}", "s and not 1 of f_*", ""),
    # keywords: in any value; log sources: who is asked at all
    (ANY, "k: [own.dll, GlobalModules]", "k", "ah"),
    (ANY, "k: {'|all': [install, module]}", "k", "a"),
    (_service("iis-configuration"), "s: {EventID: 29}", "s", "h"),
    (_service("security"), "s: {EventID: [4624, 4688]}", "s", "fg"),
    (ANY, "s: {EventID: 3}\nt: {DestinationPort|lt: 1000}", "s and t", "e"),
    ("{product: windows, category: registry_set}", r"s: {TargetObject|startswith: HKLM\}", "s", "j"),
    ("{product: windows, category: registry_add}", r"s: {TargetObject|startswith: HKLM\}", "s", ""),
]


@pytest.mark.parametrize(("source", "detection", "condition", "hits"), TABLE)
def test_the_table(source: str, detection: str, condition: str, hits: str) -> None:
    rules = ruleset(rule_text(f"{detection}\ncondition: {condition}".replace(r"\n", "\n"), logsource=source))
    assert not rules.not_evaluated
    matcher = Matcher(rules.rules)
    assert "".join(name for name, each in EVENTS.items() if matcher.hits(each)) == hits


STEPS = [  # second, User, ProcessId, command
    (0, "u", "1", "first"),
    (2, "v", "5", "second"),
    (3, "u", "2", "first"),
    (4, "u", "3", "second"),
    (6, "v", "6", "first"),
    (30, "u", "9", "second"),
]
CORRELATIONS = [
    ("type: event_count, rules: [one], group-by: [User], timespan: 5s, condition: {gte: 2}", ["0 3"]),
    ("type: event_count, rules: [one, two], group-by: [User], timespan: 5s, condition: {gte: 3}", ["0 3 4"]),
    ("type: event_count, rules: [two], timespan: 5s, condition: {lt: 2}", ["30"]),
    ("type: value_count, rules: [one, two], timespan: 2s, condition: {gte: 2, field: User}", ["0 2", "4 6"]),
    ("type: temporal, rules: [one, two], group-by: [User], timespan: 4s", ["0 3 4", "2 6"]),
    ("type: temporal_ordered, rules: [two, one], group-by: [User], timespan: 4s", ["2 6"]),
    (
        "type: value_sum, rules: [one, two], group-by: [User], timespan: 10s, condition: {eq: 11, field: ProcessId}",
        ["2 6"],
    ),
    (
        "type: value_avg, rules: [one, two], group-by: [User], timespan: 10s, condition: {eq: 2, field: ProcessId}",
        ["0 3 4"],
    ),
    ("type: value_median, rules: [one, two], timespan: 10s, condition: {eq: 3, field: ProcessId}", ["0 2 3 4 6"]),
]


@pytest.mark.parametrize(("correlation", "told"), CORRELATIONS)
def test_correlations_of_what_rules_hit(correlation: str, told: list[str]) -> None:
    one = rule_text("s: {CommandLine: first}\ncondition: s", name="one")
    two = rule_text("s: {CommandLine: second}\ncondition: s", name="two")
    rules = ruleset(one, two, f"title: C\nname: both\ncorrelation: {{{correlation}}}\n")
    assert not rules.not_evaluated
    matcher, correlator = Matcher(rules.rules), Correlator(rules.correlations, rules.rules)
    found = []
    for second, user, number, command in STEPS:
        fields = {"User": user, "ProcessId": number, "CommandLine": command}
        each = event(fields, time=NOON + timedelta(seconds=second))
        found += [hit for key in matcher.hits(each) for hit in correlator.feed(key, each)]
    found += correlator.finish()
    seconds = [[round((e.time - NOON).total_seconds()) for e in hit.events if e.time] for hit in found]
    assert [" ".join(map(str, each)) for each in seconds] == told
