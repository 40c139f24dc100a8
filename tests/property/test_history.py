"""Laws of the configuration's history: the order of copies changes nothing, and no document breaks it."""

from datetime import UTC, datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from iisight.inventory.inventory import Copy, Inventory
from iisight.inventory.past import History, How, histories
from iisight.model.config import Document
from iisight.model.errors import ParseError
from iisight.model.locator import Locator
from iisight.parsers import xml
from tests.builders.servers import APPHOST

START = datetime(2026, 3, 1, tzinfo=UTC)
NAMES = st.lists(st.sampled_from("ABCDE"), max_size=4, unique=True)
MINUTES = st.one_of(st.none(), st.integers(0, 40))
SECTIONS = ("globalModules", "modules", "isapiFilters", "handlers", "remove", "location", "odd", "")
PLACES = (
    ("history", "C:\\inetpub\\history\\CFGHISTORY_{:010}\\applicationHost.config"),
    ("backup", "C:\\Windows\\System32\\inetsrv\\backup\\b{}\\applicationHost.config"),
    ("pool configuration", "C:\\inetpub\\temp\\appPools\\p{0}\\p{0}.config"),
)


def document(path: str, text: str, minutes: int | None) -> Document:
    """Return a configuration file, as it stands."""
    try:
        parsed = xml.parse(text.encode(), Locator(path))
    except ParseError:
        parsed = Document(path, "", None)
    time = None if minutes is None else START + timedelta(minutes=minutes)
    return Document(path, "", parsed.root, parsed.problems, parsed.text, time)


def registering(names: list[str]) -> str:
    """Return a configuration with native modules."""
    rows = "".join(f'<add name="{name}" image="C:\\{name}.dll" />' for name in names)
    return f"<configuration><system.webServer><globalModules>{rows}</globalModules></system.webServer></configuration>"


def history(copies: list[Copy], in_force: Document) -> History | None:
    """Return the history of copies."""
    inventory = Inventory("x", (), (), (("applicationHost.config", in_force),), tuple(copies), (), ())
    return next(iter(histories(inventory)), None)


def told(found: History | None) -> object:
    """Return all that a history says."""
    if found is None:
        return None
    changes = [(c.how, c.row.key, c.row.locator, c.older.dated, c.newer.dated, c.together) for c in found.changes]
    return changes, found.notes, [s.dated for s in found.snapshots]


@st.composite
def evidence(draw: st.DrawFn, texts: st.SearchStrategy[str]) -> tuple[list[Copy], Document]:
    """Draw copies of every kind, and what is in force."""
    numbers = draw(st.lists(st.integers(1, 30), max_size=6, unique=True))
    copies = []
    for number in numbers:
        role, path = draw(st.sampled_from(PLACES))
        copies.append(Copy(role, document(path.format(number), draw(texts), draw(MINUTES))))
    return copies, document(APPHOST, draw(texts), draw(MINUTES))


@given(evidence(NAMES.map(registering)), st.randoms())
@settings(deadline=None)
def test_the_order_of_copies_changes_nothing(drawn: tuple[list[Copy], Document], random: object) -> None:
    copies, in_force = drawn
    mixed = list(copies)
    random.shuffle(mixed)  # type: ignore[attr-defined]

    assert told(history(mixed, in_force)) == told(history(copies, in_force))


@given(st.lists(NAMES, min_size=2, max_size=7))
@settings(deadline=None)
def test_the_first_copy_and_the_changes_give_what_is_in_force(states: list[list[str]]) -> None:
    path = PLACES[0][1]
    copies = [
        Copy("history", document(path.format(n), registering(names), None)) for n, names in enumerate(states[:-1])
    ]
    found = history(copies, document(APPHOST, registering(states[-1]), None))
    assert found is not None
    now = set(states[0])
    for change in found.changes:
        (now.add if change.how is How.CAME else now.discard)(change.row.name)

    assert now == set(states[-1])


@given(
    evidence(
        st.one_of(
            st.text(max_size=80),
            st.lists(st.sampled_from(SECTIONS), max_size=6).map(
                lambda tags: (
                    "<configuration><system.webServer>"
                    + "".join(
                        f'<{tag} name="{tag}" path="x"><add name="a" image="b" type="c" /></{tag}>' for tag in tags
                    )
                    + "</system.webServer></configuration>"
                )
            ),
        )
    )
)
@settings(deadline=None)
def test_no_document_breaks_it(drawn: tuple[list[Copy], Document]) -> None:
    found = history(*drawn)

    assert found is None or all(c.row.locator.path for c in found.changes)
