"""What can be exported, by name."""

import io
from collections.abc import Callable, Iterable, Mapping, Sequence

from iisight.engine.registry import Rule
from iisight.export.conversion import Dialect
from iisight.export.made import Export, Unsaid
from iisight.export.material import SigmaText, sigma_texts
from iisight.model.errors import UsageError
from iisight.report.rows import write_table

UNSAID = "not-expressed.csv"  # a file of every export that could not say all

KINDS: Mapping[str, str] = {
    "sigma": "Sigma rules, and Sigma that says nearly what a rule of iisight says",
    "splunk": "SPL",
    "elastic": "Lucene, for Elasticsearch",
    "eql": "EQL, for Elasticsearch",
    "kusto": "KQL, for Microsoft Sentinel",
    "sqlite": "SQL, for SQLite",
    "yara": "YARA rules",
    "navigator": "a layer of the ATT&CK Navigator",
    "coverage": "technique, data source, rule and page, as a table",
}


def export(kind: str, rules: Sequence[Rule], user: Iterable[SigmaText] = (), unread: Iterable[Unsaid] = ()) -> Export:
    """Return the files of a kind of export, and with it what could not be read.

    Raises UsageError for an unknown kind, or where the extra is missing.
    """
    made = _export(kind, rules, list(user))
    unsaid = tuple(sorted((*made.unsaid, *unread)))
    return Export((*made.files, (UNSAID, _listed(unsaid))), unsaid) if unsaid else made


def _export(kind: str, rules: Sequence[Rule], texts: Sequence[SigmaText]) -> Export:
    dialect = _dialect(kind)
    if dialect is not None:
        return _queries(dialect(), rules, texts)
    make = _whole().get(kind)
    if make is None:
        raise UsageError(f"--to {kind}: unknown; known: {', '.join(KINDS)}")
    if texts:
        raise UsageError(f"--to {kind} takes no rules of your own")
    return make(rules)


def _listed(unsaid: Iterable[Unsaid]) -> bytes:
    text = io.StringIO()
    rows = ({"rule": each.rule, "title": each.title, "reason": each.reason} for each in unsaid)
    write_table(("rule", "title", "reason"), rows, text)
    return text.getvalue().encode()


def _queries(dialect: Dialect, rules: Sequence[Rule], user: Sequence[SigmaText]) -> Export:
    from iisight.export.queries import queries

    texts, unsaid = sigma_texts(rules)
    made = queries([*texts, *user], dialect)
    return Export(made.files, tuple(sorted((*unsaid, *made.unsaid))))


def _dialect(kind: str) -> Callable[[], Dialect] | None:
    from iisight.export.dialects import elastic, kusto, splunk, sqlite

    dialects = {
        "splunk": splunk.dialect,
        "elastic": elastic.dialect,
        "eql": elastic.eql,
        "kusto": kusto.dialect,
        "sqlite": sqlite.dialect,
    }
    return dialects.get(kind)


def _whole() -> Mapping[str, Callable[[Sequence[Rule]], Export]]:
    from iisight.export.coverage import coverage
    from iisight.export.navigator import navigator
    from iisight.export.texts import sigma, yara

    return {"sigma": sigma, "yara": yara, "navigator": navigator, "coverage": coverage}
