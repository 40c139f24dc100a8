"""What followed a load is told with the component; findings do not move."""

from dataclasses import replace

import pytest

from iisight.engine.following import MAX_COMPONENTS, followed
from iisight.engine.listening import Heard
from iisight.model.activity import Act, Action, Activity, Actor
from tests.builders.gathered import SYSMON, event

WORKER, OTHER = "{AAAAAAAA-0000-0000-0000-000000000001}", "{AAAAAAAA-0000-0000-0000-000000000002}"


def load(seconds: int, *components: str, guid: str = WORKER) -> Heard:
    """Return that a worker loaded components."""
    activity = Activity(event(SYSMON, 7, seconds), Actor(guid=guid), (Action(Act.LOAD, "IIS worker process"),))
    return Heard(activity, components=components)


def child(seconds: int, parent: str = WORKER) -> Heard:
    """Return that a worker started something."""
    return Heard(Activity(event(SYSMON, 1, seconds), Actor(parent_guid=parent), (Action(Act.START, "process"),)))


def test_a_child_is_told_with_what_its_worker_had_loaded() -> None:
    assert followed([load(0, "a"), load(5, "b"), child(3)])[2].components == ("a",)


@pytest.mark.parametrize(
    "heard",
    [
        [load(0, "a"), child(3, OTHER)],
        [load(5, "a"), child(3)],
        [load(0, *(f"c{n}" for n in range(MAX_COMPONENTS + 1))), child(3)],
        [child(3, "")],
    ],
)
def test_nothing_is_told_of_another_worker_another_time_or_a_crowd(heard: list[Heard]) -> None:
    assert followed(heard)[-1].components == ()


def test_findings_do_not_move() -> None:
    before = child(3)

    assert followed([load(0, "a"), before])[1] == replace(before, components=("a",))
