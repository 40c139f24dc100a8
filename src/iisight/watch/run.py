"""Put a watch together, and run it until it is told to stop."""

import sqlite3
import time
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime

from iisight.engine.ear import Ear
from iisight.engine.registry import Rule
from iisight.model.finding import Severity
from iisight.watch import state
from iisight.watch.alone import alone
from iisight.watch.database import FullError, Opened, UnusableError
from iisight.watch.delivery import Delivery, world
from iisight.watch.feeds import Feed, feed_of
from iisight.watch.listening import Listening, positions_of
from iisight.watch.loop import Kit, Loop, Plans, World
from iisight.watch.memory import Remembered
from iisight.watch.notice import Notices
from iisight.watch.queue import own_alert
from iisight.watch.running import Running
from iisight.watch.sinks.sink import Sink
from iisight.watch.sources import watched
from iisight.watch.spool import Spool
from iisight.watch.survey import SPOOL, Plan
from iisight.watch.surveying import Surveying
from iisight.watch.teller import Teller

_PAUSE = 1.0  # seconds before a damaged state is opened anew
_FULL_PAUSE = 5.0  # seconds between two tries to open one on a full disk


@dataclass(frozen=True, slots=True)
class Ends:
    """Where events come from and alerts go."""

    feeds: tuple[str, ...]  # as options of the command line
    sinks: Sequence[Sink]
    least: Severity


def watch(plan: Plan, rules: Sequence[Rule], ends: Ends, running: Running, plans: Plans) -> None:
    """Watch until it is to stop, with a new state when that becomes damaged. Raises UsageError."""
    trouble = ""
    with alone(plan.state):
        while (opened := _opened(plan, ends, running)) is not None:
            try:
                _watch(opened, plan, rules, ends, running, plans, trouble)
                return
            except UnusableError as error:
                trouble = str(error)
                running.stop.wait(_PAUSE)


def _opened(plan: Plan, ends: Ends, running: Running) -> Opened | None:
    """Open the state as soon as the disk lets it be; None: the watch is to stop before. Raises UsageError."""
    is_told = False
    while not running.stop.is_set():
        try:
            return state.open_state(plan.state)
        except (FullError, UnusableError) as error:
            if not is_told:
                _tell_past_the_queue(plan, ends, f"the watch cannot begin yet, and waits for the disk: {error}")
            is_told = True
        running.manager.alive()
        running.stop.wait(_FULL_PAUSE)
    return None


def _tell_past_the_queue(plan: Plan, ends: Ends, message: str) -> None:
    now = datetime.now(UTC)
    delivery = Delivery(plan.state / state.FILE_NAME, ends.sinks, world(plan.host))
    delivery.urge([own_alert(now, plan.host, message, plan.host, "begin", now.isoformat())])
    delivery.start()
    delivery.stop()


def _watch(
    opened: Opened, plan: Plan, rules: Sequence[Rule], ends: Ends, running: Running, plans: Plans, trouble: str
) -> None:
    """Watch until it is to stop. Raises UnusableError, and UsageError for what cannot be watched."""
    with ExitStack() as stack:
        stack.callback(opened.connection.close)
        what = watched(plan.evidence)
        ear = Ear(rules, plan.settings, plan.ask.rules)
        feeds = [feed_of(text, ear.choose, channels=sorted(ear.channels)) for text in ends.feeds]
        delivery = Delivery(plan.state / state.FILE_NAME, ends.sinks, world(plan.host))
        notices = stack.enter_context(Notices(what.roots(())))
        listening = _listening(feeds, ear, plan, opened.connection)
        stack.callback(listening.close)
        kit = Kit(
            watched=what,
            notices=notices,
            sending=delivery,
            teller=Teller(opened.connection, delivery),
            surveying=Surveying(time.monotonic, notices.wake),
            listening=listening,
            world=World(time.monotonic, lambda: datetime.now(UTC)),
            least=ends.least,
        )
        loop = Loop(kit, plan, rules, lambda: Remembered(opened.connection))
        if opened.damage:
            loop.say("state", f"what was known is lost, everything is looked at anew: {opened.damage}")
        elif trouble:
            lost = "" if state.generation(opened.connection) else ", and what was known is lost"
            loop.say("state", f"the state could not be used and was opened anew{lost}: {trouble}")
        stack.callback(delivery.stop)
        delivery.start()
        loop.run(running, plans)


def _listening(feeds: Sequence[Feed], ear: Ear, plan: Plan, connection: sqlite3.Connection) -> Listening:
    spool = Spool(plan.state / SPOOL)
    return Listening(feeds, ear, spool, plan.settings, time.monotonic, positions_of(connection, feeds))
