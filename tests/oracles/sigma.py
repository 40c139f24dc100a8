"""Compare the Sigma engine with others: `python -m tests.oracles.sigma RULES [--evtx FOLDER] [--expected FOLDER]`.

Against pySigma's own SQLite backend: both are given the same rules and the same events, generated from what the rules
ask for and those of real logs (`--evtx`). The oracle binds log sources by pySigma's pipelines for Sysmon, the Security
log and channels, knows nothing of the tables here, and asks SQLite. `--hunt` compares whole runs of `iisight hunt` over
the logs as well, with and without the prefilter.

Against the rules' authors: `--expected` is a folder of `info.yml` beside logs, as public collections keep them for
their regression tests; each names a rule and a log that it must hit.

It needs `requirements/export.txt` and `requirements/oracles.txt`. RULES may be a clone of a public rule collection;
none is kept here.

Exit status 1: they disagree, and none of the reasons in `sigma_reasons` fits.
"""

import argparse
import sys
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from iisight.model.event import Event
from iisight.sigma.load import load_user
from iisight.sigma.match import Matcher
from iisight.sigma.rule import CompiledRule, RuleSet
from tests.oracles.sigma_events import events_of, generated, of_logs
from tests.oracles.sigma_reasons import Asked, reason_of
from tests.oracles.sigma_sql import Table, to_sql

DISAGREES = "disagrees"


def main(arguments: Sequence[str]) -> int:
    """Print each disagreement that no reason explains, then how often they agree."""
    parser = argparse.ArgumentParser(prog="python -m tests.oracles.sigma", description=__doc__.partition("\n")[0])
    parser.add_argument("rules", type=Path, nargs="+")
    parser.add_argument("--evtx", type=Path, help="folder of logs, asked besides the generated events")
    parser.add_argument("--hunt", action="store_true", help="compare whole runs over the logs as well")
    parser.add_argument("--expected", type=Path, help="folder of logs and `info.yml` that say which rules hit them")
    parser.add_argument("--events", type=int, default=10, help="generated for each rule")
    parser.add_argument("--explained", action="store_true", help="print what a reason explains as well")
    given = parser.parse_args(arguments)
    rules = load_user(given.rules)
    queries = {rule.key: query for rule in rules.rules if (query := to_sql(rule)) is not None}
    print(f"{len(rules.rules):,} rules, of which the oracle takes {len(queries):,}")
    asked = [rule for rule in rules.rules if rule.key in queries]
    comparison = _Comparison(asked, queries, given.explained)
    for rule in asked:
        comparison.compare([rule], list(generated(rule, given.events)))
    comparison.tell("generated events")
    if given.evtx:
        theirs = [comparison.compare(asked, events) for events in of_logs(given.evtx).values()]
        comparison.tell("events of logs")
        if given.hunt:
            comparison.hunted(given.evtx, sum(theirs, Counter()))
    if given.expected:
        comparison.expected(rules, given.expected)
    return int(comparison.disagreements > 0)


class _Comparison:
    """What both say of events, counted."""

    def __init__(self, rules: list[CompiledRule], queries: Mapping[str, str], explained: bool) -> None:
        self._queries, self._explained = queries, explained
        self._rules = rules
        self._counts: Counter[str] = Counter()
        self.disagreements = 0

    def compare(self, rules: Sequence[CompiledRule], events: list[Event]) -> Counter[str]:
        """Ask both about events; return how often each rule hits here."""
        matcher, table, ours = Matcher(rules), Table(events), dict[str, set[int]]()
        for number, event in enumerate(events):
            for key in matcher.hits(event):
                ours.setdefault(key, set()).add(number)
        for rule in rules:
            here, there = ours.get(rule.key, set()), table.ask(self._queries[rule.key])
            self._counts["both hit"] += len(here & there)
            self._counts["neither"] += len(events) - len(here | there)
            for number in sorted(here ^ there):
                self._judge(Asked(rule, events[number], self._queries[rule.key]), number in here)
        return Counter({key: len(numbers) for key, numbers in ours.items()})

    def _judge(self, asked: Asked, ours: bool) -> None:
        reason = reason_of(asked, ours) or DISAGREES
        self._counts[reason] += 1
        self.disagreements += reason == DISAGREES
        if reason == DISAGREES or self._explained:
            event = asked.event
            print(f"{reason}: {asked.rule.file}: iisight {ours}: {event.channel} {event.id} {dict(event.fields)}")
            print(f"  {asked.query[:2000]}")

    def tell(self, what: str) -> None:
        """Print the counts, and begin anew."""
        print(f"{what}: {dict(sorted(self._counts.items()))}")
        self._counts.clear()

    def hunted(self, folder: Path, counted: Counter[str]) -> None:
        """Compare the hits of whole runs, with and without the prefilter, with those on the events one by one."""
        asked = RuleSet(tuple(self._rules))
        for prefilter in (True, False):
            found = _hunt(asked, folder, prefilter=prefilter)
            for key in sorted(found.keys() | counted.keys()):
                if found[key] != counted[key]:
                    self.disagreements += 1
                    print(f"hunt, prefilter {prefilter}: {key}: {found[key]} hits, on the events {counted[key]}")
            print(f"hunt, prefilter {prefilter}: {found.total():,} hits of {len(found)} rules")

    def expected(self, rules: RuleSet, folder: Path) -> None:
        """Ask each rule about the log that its authors say it hits."""
        known = {rule.uuid: rule for rule in rules.rules}
        hit = 0
        for uuid, log in _expectations(folder):
            rule = known.get(uuid)
            if rule is None:
                print(f"expected: no rule {uuid} here for {log.name}")
                continue
            matcher = Matcher([rule])
            if any(matcher.hits(event) for event in events_of(log)):
                hit += 1
            else:
                self.disagreements += 1
                print(f"{DISAGREES}: {rule.file} does not hit {log}")
        print(f"expected: {hit} rules hit the logs of their authors")


def _hunt(rules: RuleSet, folder: Path, *, prefilter: bool) -> Counter[str]:
    from iisight.engine.hearing import Ask, hear
    from iisight.engine.settings import Settings
    from iisight.telemetry.interpret import Watch
    from iisight.telemetry.logs import Log, find_logs

    logs = [log for log in find_logs([str(folder)]) if isinstance(log, Log) and log.name.lower().endswith(".evtx")]
    hearing = hear(logs, Ask(rules, prefilter=prefilter), (), Settings(), Watch(), lambda *_: None)
    found, asked = Counter[str](), {rule.key for rule in rules.rules}
    for heard in hearing.heard:
        found.update({key: heard.count for key in heard.activity.sigma if key in asked})
    return found


def _expectations(folder: Path) -> Iterator[tuple[str, Path]]:
    """Yield (rule, log) of the `info.yml` below a folder; a log lies beside its `info.yml`."""
    import yaml

    for info in sorted(folder.rglob("info.yml")):
        told = yaml.safe_load(info.read_text("utf-8"))
        for test in told.get("regression_tests_info") or ():
            log = info.parent / Path(test.get("path", "")).name
            if test.get("type") == "evtx" and log.is_file():
                yield from ((each["id"], log) for each in told.get("rule_metadata") or ())


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
