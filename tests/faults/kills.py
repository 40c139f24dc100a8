"""Ends a watch with kill -9 again and again while its server changes, and says what it lost or invented."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from random import Random

from benchmarks.estates import estate

from tests.faults.served import Served, differing_twins
from tests.faults.storm import SITES, Storm

CHANGE_SECONDS = 0.4  # between two changes at most
LIFE_SECONDS = 5.0  # of a watch until it is killed, at most; for half of them from when it watches


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of it."""

    kills: int
    changes: int
    alerts: int
    twice: int  # sent again after a kill, with the same id
    wrong: tuple[str, ...]


def kill_again_and_again(folder: Path, kills: int, seed: int, tell: Callable[[int], None] = lambda _: None) -> Outcome:
    """Watch a small server, change it all the time, kill the watch so many times, and look at what was told."""
    random = Random(seed)
    served = Served(folder, estate(SITES, 1))
    served.start()
    try:
        served.expect("watching")
        storm, begun = Storm(served, random), 0
        for number in range(kills):
            if random.random() < 0.5:
                served.expect("watching", since=begun)
            _live(storm, random.random() ** 2 * LIFE_SECONDS)
            served.kill()
            begun = len(served.alerts())
            for _ in range(random.choice((0, 0, 1, 2))):
                storm.step()
            served.start()
            tell(number + 1)
        served.expect("watching", since=begun)
        _live(storm, LIFE_SECONDS)
        time.sleep(1.0)  # what is held back is let go, as it is when nobody stops the watch
        served.settle()
        return _outcome(served, storm, kills)
    finally:
        served.kill()


def _live(storm: Storm, seconds: float) -> None:
    """Change things for so long."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        storm.step()
        time.sleep(storm.random.random() * CHANGE_SECONDS)


def _outcome(served: Served, storm: Storm, kills: int) -> Outcome:
    alerts = served.alerts()
    wrong = [*storm.wrong(alerts), *(f"{twin} is the id of two alerts" for twin in differing_twins(alerts))]
    wrong += [message for message in served.messages() if "is lost" in message or "are lost" in message]
    if (served.state / "watch.sqlite.damaged").exists():
        wrong.append("the state was damaged")
    ids = {alert["event"]["id"] for alert in alerts}
    return Outcome(kills, storm.changes, len(ids), len(alerts) - len(ids), tuple(wrong))
