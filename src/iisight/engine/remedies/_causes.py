"""What remedies are made from: a server, and the checks that do not pass."""

from collections.abc import Iterator
from dataclasses import dataclass

from iisight.inventory.config.build import Server
from iisight.model.posture import Answer, CheckResult, Point, Subject
from iisight.model.remedy import ByHand, Cause, Change
from iisight.rules.hardening._host import Host

Remedy = Change | ByHand
_OPEN = (Answer.FAIL, Answer.UNKNOWN)


@dataclass(frozen=True, slots=True, eq=False)
class Asked:
    """One check that does not pass, at the server that it speaks of."""

    host: Host
    server: Server
    result: CheckResult

    def points(self, *answers: Answer) -> Iterator[Point]:
        """Yield the points of these answers."""
        return (point for point in self.result.points if point.answer in (answers or _OPEN))

    def subjects(self, kind: str, *answers: Answer) -> Iterator[tuple[Point, Subject]]:
        """Yield the things of a kind that points of these answers mean."""
        for point in self.points(*answers):
            yield from ((point, subject) for subject in point.subjects if subject.kind == kind)

    def cause(self, point: Point | None = None, question: str = "") -> Cause:
        """Return what a change answers: a point, by default the first."""
        said = point or next(self.points(), None)
        message = self.result.title if said is None else said.message
        return Cause(self.result.id, self.result.answer if said is None else said.answer, message, question)

    def by_hand(self, point: Point | None = None, remedy: str = "") -> ByHand:
        """Return that a person has to do it."""
        return ByHand(self.cause(point), remedy or self.result.remedy)

    def is_of_server(self, point: Point) -> bool:
        """Tell whether all that a point rests on stands in applicationHost.config: a script changes nothing else."""
        held = self.server.apphost
        return held is not None and all(e.locator.path == held.path for e in point.evidence)
