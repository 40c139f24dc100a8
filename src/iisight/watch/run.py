"""Put a watch together, and run it until it is told to stop."""

import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from threading import Event as Flag

from iisight.engine.registry import Rule
from iisight.model.finding import Severity
from iisight.watch import state
from iisight.watch.delivery import Delivery, world
from iisight.watch.loop import Kit, Loop, World
from iisight.watch.memory import Remembered
from iisight.watch.notice import Notices, Root
from iisight.watch.sinks.sink import Sink
from iisight.watch.sources import watched
from iisight.watch.survey import Plan
from iisight.watch.surveying import Surveying
from iisight.watch.teller import Teller

Plans = Callable[[], tuple[Plan, tuple[Rule, ...]]]
"""Reads settings and rules anew. Raises UsageError."""


def watch(
    plan: Plan,
    rules: Sequence[Rule],
    sinks: Sequence[Sink],
    least: Severity,
    stop: Flag,
    again: Flag,
    plans: Plans,
) -> None:
    """Watch until `stop` is set; `again` asks for settings and rules to be read anew. Raises UsageError."""
    what = watched(plan.evidence)
    opened = state.open_state(plan.state)
    delivery = Delivery(plan.state / state.FILE_NAME, sinks, world(plan.host))
    teller = Teller(opened.connection, delivery)
    with Notices(Root(folder) for folder in what.folders()) as notices:
        surveying = Surveying(time.monotonic, notices.wake)
        real = World(time.monotonic, lambda: datetime.now(UTC))
        kit = Kit(what, notices, delivery, teller, surveying, real, least)
        loop = Loop(kit, plan, rules, lambda: Remembered(opened.connection))
        delivery.start()
        try:
            loop.run(stop)
        finally:
            delivery.stop()
            opened.connection.close()
