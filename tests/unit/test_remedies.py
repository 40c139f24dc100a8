"""Servers hardened by the very files that iisight wrote: the score moves, and nothing passes on missing data."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from iisight.model.posture import Answer, Posture
from iisight.model.remedy import Lock, Rights, Sacl, Setting
from iisight.report.policies import write_policies
from iisight.workbench import stock, stock_registry
from iisight.workbench.stock_registry import put
from tests.builders import hardening
from tests.builders.applied import Made, applied, calls
from tests.builders.hardening import ACLS, AUDIT, LOCKER, answers, posture, remedies, without

Files = dict[str, bytes]
BY_HAND = "902 908 915 916 921 922 923 942"  # what no script answers on the server that is wide open
APPID = r"HKLM\SYSTEM\CurrentControlSet\Services\AppIDSvc"


def ids(text: str) -> set[str]:
    return {f"IIS{number}" for number in text.split()}


def opened() -> Made:
    return Made(hardening.open_server(), hardening.open_keys())


def stocked() -> Made:
    return Made(hardening.stock_server(), stock_registry.stock_keys())


def having(result: Posture, answer: Answer) -> set[str]:
    return {check for check, said in answers(result).items() if said is answer}


def run(made: Made) -> Files:
    return applied(made, write_policies(remedies(made.files)))


# Round trips


def test_a_server_that_is_wide_open_passes_what_the_scripts_answer() -> None:
    after = posture(run(opened()))

    assert having(after, Answer.FAIL) == ids(BY_HAND)
    assert having(after, Answer.UNKNOWN) == set()


def test_the_score_moves_by_what_passes_now() -> None:
    before, after = posture(hardening.open_server()), posture(run(opened()))
    gained = {s.mitigation: s.earned - b.earned for s, b in zip(after.scores, before.scores, strict=True)}

    assert gained == {"M1026": 34, "M1038": 16, "M1045": 0, "M1047": 31}
    assert [s.possible for s in after.scores] == [s.possible for s in before.scores]


def test_without_a_word_from_a_person_nothing_is_changed_that_sites_may_need() -> None:
    made = replace(opened(), accepted=frozenset())
    after = posture(run(made))

    assert set(made.left) == ids("901 905 907 911 912 913 914")
    assert having(after, Answer.FAIL) == ids(BY_HAND) | ids("901 905 906 907 911 912 913 914")


def test_scripts_that_were_run_have_nothing_left_to_do() -> None:
    after = run(opened())

    assert remedies(after).changes == ()
    assert [file.name for file in write_policies(remedies(after)) if file.name.endswith(".ps1")] == ["wdac-build.ps1"]


def test_a_stock_server_passes_more_and_stays_unknown_where_nothing_was_exported() -> None:
    before, made = posture(hardening.stock_server()), stocked()
    after = posture(run(made))

    assert having(after, Answer.UNKNOWN) >= ids("903 904 905 906 907 908 933 934 940")
    assert having(after, Answer.PASS) - having(before, Answer.PASS) == ids("913 914 935 938 939 941")


def test_a_server_that_passes_everything_gets_no_script() -> None:
    found = remedies(hardening.hardened_server())

    assert (found.changes, found.by_hand) == ((), ())


@pytest.mark.parametrize("lost", [(ACLS,), (AUDIT,), (ACLS, AUDIT), (r"C:\Windows\System32\config",)])
def test_no_check_passes_after_the_scripts_because_data_is_missing(lost: tuple[str, ...]) -> None:
    whole = having(posture(run(opened())), Answer.PASS)
    made = replace(opened(), files=without(hardening.open_server(), *lost))
    after = applied(made, write_policies(remedies(made.files)))

    assert having(posture(without(after, *lost)), Answer.PASS) <= whole


def test_changes_beyond_the_most_that_scripts_hold_are_told(monkeypatch: pytest.MonkeyPatch) -> None:
    every = len(remedies(hardening.stock_server()).changes)
    monkeypatch.setattr("iisight.engine.remedies.MAX_CHANGES", every - 2)
    found = remedies(hardening.stock_server())

    assert len(found.changes) == every - 2
    assert any(r.cause.message.startswith(f"2 of {every} changes are in no script") for r in found.by_hand)


# What is asked for


def test_a_lock_reaches_the_places_that_unlock_a_section_again() -> None:
    def unlock(root: object) -> None:
        from xml.etree import ElementTree as ET

        assert isinstance(root, ET.Element)
        tag = ET.SubElement(root, "location", path="Shop", overrideMode="Allow")
        ET.SubElement(ET.SubElement(tag, "system.webServer"), "modules")

    files = hardening.changed(hardening.open_server(), stock.APPHOST, unlock)
    locks = [(c.section, c.location) for c in remedies(files).changes if isinstance(c, Lock)]
    after = applied(Made(files, hardening.open_keys()), write_policies(remedies(files)))

    assert ("system.webServer/modules", "Shop") in locks
    assert answers(posture(after))["IIS913"] is Answer.PASS


def test_what_a_web_config_says_is_left_to_a_person() -> None:
    files = hardening.open_server()
    files[r"C:\inetpub\shop\web.config"] = (
        b"<configuration><system.webServer><handlers accessPolicy='Read, Execute' /></system.webServer></configuration>"
    )
    found = remedies(files)
    policies = [c for c in found.changes if isinstance(c, Setting) and c.attribute == "accessPolicy"]

    assert [r.cause.message for r in found.by_hand if r.cause.check == "IIS912"] == [
        "accessPolicy of 'Shop' has Execute: programs and DLLs of the content run"
    ]
    assert [(c.location, c.value) for c in policies] == [("", "Read, Script")]


def test_rights_name_accounts_by_sid_and_the_owner() -> None:
    found = [c for c in remedies(hardening.open_server()).changes if isinstance(c, Rights)]

    assert {(c.accounts, c.gives_owner) for c in found} == {(("S-1-1-0",), True)}
    assert len({c.path.lower() for c in found}) == len(found)


def test_an_object_of_which_nothing_is_known_gets_audit_entries_and_keeps_its_rights() -> None:
    found = remedies(hardening.stock_server()).changes

    assert [c for c in found if isinstance(c, Rights)] == []
    assert {c.cause.answer for c in found if isinstance(c, Sacl)} == {Answer.UNKNOWN}


def test_everything_that_fails_is_answered_by_a_change_or_left_to_a_person() -> None:
    found = remedies(hardening.open_server())
    told = {c.cause.check for c in found.changes} | {h.cause.check for h in found.by_hand}

    assert having(posture(hardening.open_server()), Answer.FAIL) - told == ids("906")  # IIS913 and IIS905 answer it


def test_evidence_without_a_server_gives_a_page_that_says_so() -> None:
    found = remedies({r"C:\inetpub\x.txt": b"x"})

    assert [remedy.cause.message for remedy in found.by_hand] == ["there is no server in the evidence"]
    assert [file.name for file in write_policies(found)] == ["README.md"]


# Application control


def enforced(made: Made, policy: str) -> Files:
    """Return the files of a server on which somebody enforced a policy that was written in audit mode."""
    put(made.keys, APPID, {"Start": 2})
    return {**made.after(), LOCKER: policy.replace('EnforcementMode="AuditOnly"', 'EnforcementMode="Enabled"').encode()}


def locker(of: Callable[[], Files]) -> str:
    return next(file.text for file in write_policies(remedies(of())) if file.name == "applocker.xml")


def test_a_policy_in_audit_mode_passes_nothing() -> None:
    files = {**hardening.open_server(), LOCKER: locker(hardening.open_server).encode()}

    assert answers(posture(files))["IIS916"] is Answer.FAIL


def test_the_policy_that_was_written_passes_when_it_is_enforced() -> None:
    found = answers(posture(enforced(opened(), locker(hardening.open_server))))

    assert (found["IIS916"], found["IIS922"]) == (Answer.PASS, Answer.FAIL)  # it trusts Windows by its place


def test_every_call_is_one_that_the_script_defines() -> None:
    for file in write_policies(remedies(hardening.open_server())):
        for call in calls(file.text) if file.name.endswith(".ps1") else ():
            assert f"function {call.name} {{" in file.text
            assert all(f"${name}" in file.text for name in call.values)
