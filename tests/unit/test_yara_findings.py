"""What matches of YARA rules become: findings about what loads the file."""

from collections.abc import Iterable

import pytest

from iisight.engine.registry import find_rule
from iisight.inventory.inventory import Inventory
from iisight.model.binary import Binary
from iisight.model.component import Component, Kind, Registration
from iisight.model.examination import Examination, YaraMatch, YaraString
from iisight.model.finding import Confidence, Finding, Severity
from iisight.model.locator import Locator

PATH = r"C:\site\bin\upd.dll"
TWIN = r"C:\Windows\SysWOW64\upd.dll"
TEAM = YaraMatch("marker", "/home/me/rules/team.yar", (YaraString("$text", 16, "needle"),))
OURS = YaraMatch("doorme_type_name", "iisight", (YaraString("$type", 32, ".?AVDoorme@@"),))


def binary(path: str, *matches: YaraMatch) -> Binary:
    return Binary(path, 64, "0" * 64, None, None, examination=Examination(yara=matches))


def component(kind: Kind, file: Binary | None, twin: Binary | None = None) -> Component:
    rows = (Registration(Locator("applicationHost.config", 7), "system.webServer/globalModules", "", ()),)
    return Component(f"{kind}:upd", kind, "L-01", "upd", PATH, None, registrations=rows, binary=file, twin=twin)


def findings(rule: str, *components: Component) -> list[Finding]:
    inventory = Inventory("test", (), components, (), (), (), ())
    found: Iterable[Finding] = find_rule(rule).check(inventory, {})
    return list(found)


def test_a_match_of_ours_is_a_finding_of_the_rule_with_its_id() -> None:
    (found,) = findings("IIS261", component(Kind.NATIVE_MODULE, binary(PATH, OURS)))
    assert (found.rule, found.severity, found.confidence) == ("IIS261", Severity.CRITICAL, Confidence.HIGH)


def test_a_match_of_ours_is_not_a_finding_of_another_rule() -> None:
    assert findings("IIS262", component(Kind.NATIVE_MODULE, binary(PATH, OURS))) == []


def test_a_rule_of_the_users_that_bears_our_name_is_not_ours() -> None:
    theirs = YaraMatch("doorme_type_name", "team.yar")
    assert findings("IIS261", component(Kind.NATIVE_MODULE, binary(PATH, theirs))) == []


def test_the_evidence_gives_the_offset_of_each_string() -> None:
    (found,) = findings("IIS261", component(Kind.NATIVE_MODULE, binary(PATH, OURS)))
    assert str(found.evidence[1].locator) == f"{PATH}+0x20"


def test_many_strings_do_not_crowd_out_the_registration() -> None:
    many = YaraMatch("marker", "team.yar", tuple(YaraString("$text", n, "needle") for n in range(16)))
    (found,) = findings("IIS230", component(Kind.NATIVE_MODULE, binary(PATH, many)))
    assert found.evidence[-1].locator == Locator("applicationHost.config", 7)


def test_a_file_that_two_components_load_is_told_once_by_what_configuration_names() -> None:
    file = binary(PATH, TEAM)
    (found,) = findings("IIS230", component(Kind.APP_ASSEMBLY, file), component(Kind.MANAGED_MODULE, file))
    assert found.message == f"{PATH} of managed-module 'upd' matches YARA rule marker of team.yar: $text 'needle'"


def test_a_file_that_two_components_load_counts_for_both() -> None:
    file = binary(PATH, TEAM)
    (found,) = findings("IIS230", component(Kind.APP_ASSEMBLY, file), component(Kind.MANAGED_MODULE, file))
    assert found.components == ("managed-module:upd", "app-assembly:upd")


def test_the_twin_of_32_bit_pools_is_judged_as_well() -> None:
    (found,) = findings("IIS230", component(Kind.NATIVE_MODULE, binary(PATH), binary(TWIN, TEAM)))
    assert found.message.startswith(f"{TWIN} of native-module")


def test_a_file_that_was_not_examined_gives_nothing() -> None:
    unread = Binary(PATH, 64, "0" * 64, None, None)
    assert findings("IIS230", component(Kind.NATIVE_MODULE, unread), component(Kind.CGI, None)) == []


@pytest.mark.parametrize(
    ("meta", "weight"),
    [
        ((), (Severity.MEDIUM, Confidence.MEDIUM)),
        ((("severity", "Critical"), ("confidence", "low")), (Severity.CRITICAL, Confidence.LOW)),
        ((("severity", "99"), ("confidence", "certain")), (Severity.MEDIUM, Confidence.MEDIUM)),
    ],
)
def test_a_users_rule_gives_its_weight_in_meta(
    meta: tuple[tuple[str, str], ...], weight: tuple[Severity, Confidence]
) -> None:
    (found,) = findings("IIS230", component(Kind.NATIVE_MODULE, binary(PATH, YaraMatch("r", "team.yar", (), meta))))
    assert (found.severity, found.confidence) == weight
