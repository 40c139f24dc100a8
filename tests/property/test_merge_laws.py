"""The laws of merging a collection over server, site and application (docs/design/resolution.md)."""

from collections import Counter
from dataclasses import dataclass, field

from hypothesis import given, settings
from hypothesis import strategies as st

from iisight.model.config import ElementState, Entry, Fate
from tests.builders.servers import apphost, resolved, state, web_config

SECTIONS = ("modules", "handlers")
FRESH = "fresh"  # a key that no generated directive has


@dataclass(frozen=True, slots=True)
class Directive:
    """`add` (perhaps locked), `remove` or `clear`."""

    name: str
    key: str = ""
    locked: bool = False


Level = tuple[Directive, ...]
Levels = tuple[Level, Level, Level]

keys = st.sampled_from(("a", "b", "c", "d"))
adds = st.builds(Directive, st.just("add"), keys, st.booleans())
directives = st.one_of(
    adds,
    st.builds(Directive, st.just("add"), keys),
    st.builds(Directive, st.just("remove"), keys),
    st.just(Directive("clear")),
)
level = st.lists(directives, max_size=6).map(tuple)
levels: st.SearchStrategy[Levels] = st.tuples(level, level, level)
sections = st.sampled_from(SECTIONS)
laws = settings(max_examples=120, deadline=None)


def write(section: str, number: int, rows: Level) -> str:
    """Return a section; each `add` has a type that names its file and its place there: `2.0`."""
    inner = ""
    for index, row in enumerate(rows):
        match row.name:
            case "add":
                lock = ' lockItem="true"' if row.locked else ""
                inner += f'<add name="{row.key}" type="{number}.{index}" path="*" verb="*"{lock} />'
            case "remove":
                inner += f'<remove name="{row.key}" />'
            case _:
                inner += "<clear />"
    return f"<{section}>{inner}</{section}>"


def at_app(section: str, given_levels: Levels, delegation: str = "Allow") -> ElementState:
    return both(section, given_levels, delegation)[1]


def both(section: str, given_levels: Levels, delegation: str = "Allow") -> tuple[ElementState, ElementState]:
    """Return the section at the site and at its application."""
    server, site, app = (write(section, n, rows) for n, rows in enumerate(given_levels))
    found = resolved(apphost(server, modules=delegation), {"": web_config(site), "app": web_config(app)})
    path = f"system.webServer/{section}"
    return state(found, "S", path), state(found, "S/app", path)


def ids(entries: tuple[Entry, ...]) -> list[str]:
    return [entry.element.get("type") for entry in entries]


def seen(found: ElementState) -> tuple[list[str], list[tuple[str, str]], list[str]]:
    """Return everything that a merge decides."""
    lost = [(d.entry.element.get("type"), d.fate.value) for d in found.dropped]
    return ids(found.entries), lost, [p.code for p in found.problems]


@dataclass(slots=True)
class Model:
    """The law once more, told as simply as can be."""

    prepend: bool
    entries: list[tuple[str, str, int]] = field(default_factory=list)  # id, key, level that locked it or 9
    usable: bool = True

    def apply(self, number: int, rows: Level) -> None:
        local: list[tuple[str, str, int]] = []
        inherited = list(self.entries)
        for index, row in enumerate(rows):
            gone = [
                e for e in (*inherited, *local) if row.name == "clear" or (row.name == "remove" and e[1] == row.key)
            ]
            duplicate = row.name == "add" and any(e[1] == row.key for e in (*inherited, *local))
            if duplicate or any(locked < number for _, _, locked in gone):
                self.usable = False
                return
            inherited = [e for e in inherited if e not in gone]
            local = [e for e in local if e not in gone]
            if row.name == "add":
                local.append((f"{number}.{index}", row.key, number if row.locked else 9))
        self.entries = local + inherited if self.prepend else inherited + local


@laws
@given(sections, levels)
def test_entries_are_those_of_the_model(section: str, given_levels: Levels) -> None:
    model = Model(prepend=section == "handlers")
    for number, rows in enumerate(given_levels):
        model.apply(number, rows)
    found = at_app(section, given_levels)
    assert (ids(found.entries), found.usable) == ([e[0] for e in model.entries], model.usable)


@laws
@given(sections, levels)
def test_every_add_is_in_force_or_dropped_once(section: str, given_levels: Levels) -> None:
    found = at_app(section, given_levels)
    written = [f"{n}.{i}" for n, rows in enumerate(given_levels) for i, row in enumerate(rows) if row.name == "add"]
    accounted = [*ids(found.entries), *(d.entry.element.get("type") for d in found.dropped)]
    assert Counter(accounted) == Counter(written)


@laws
@given(sections, levels)
def test_nothing_is_dropped_without_a_place_that_says_why(section: str, given_levels: Levels) -> None:
    assert all(d.by is not None and d.reason for d in at_app(section, given_levels).dropped)


@laws
@given(sections, levels)
def test_the_same_directives_give_the_same_section(section: str, given_levels: Levels) -> None:
    assert seen(at_app(section, given_levels)) == seen(at_app(section, given_levels))


@laws
@given(sections, level, level, level)
def test_clear_forgets_what_stood_before_it(section: str, server: Level, before: Level, after: Level) -> None:
    clear = (Directive("clear"),)
    whole = at_app(section, (server, (), (*before, *clear, *after)))
    alone = at_app(section, ((), (), (*after,)))
    if whole.usable:
        place = len(before) + 1
        assert [i.split(".")[1] for i in ids(whole.entries)] == [
            str(int(i.split(".")[1]) + place) for i in ids(alone.entries)
        ]


@laws
@given(sections, levels)
def test_a_locked_entry_stays_whatever_is_written_below(section: str, given_levels: Levels) -> None:
    site, app = both(section, given_levels)
    locked = {e.element.get("type") for e in site.entries if e.element.get("lockItem") == "true"}
    assert locked <= set(ids(app.entries))


@laws
@given(sections, levels)
def test_a_directive_against_a_locked_entry_makes_the_section_unusable(section: str, given_levels: Levels) -> None:
    _, site, app = given_levels
    locked = (Directive("add", FRESH, locked=True),)
    found = at_app(section, (locked, site, (Directive("remove", FRESH), *app)))
    assert "locked-item" in [p.code for p in found.problems]


@laws
@given(levels)
def test_a_denied_section_is_the_server_s(given_levels: Levels) -> None:
    server, *_ = given_levels
    found = at_app("modules", given_levels, delegation="Deny")
    assert ids(found.entries) == ids(at_app("modules", (server, (), ())).entries)


@laws
@given(levels)
def test_what_a_denied_section_would_have_added_is_locked_out(given_levels: Levels) -> None:
    found = at_app("modules", given_levels, delegation="Deny")
    below = [d for d in found.dropped if not d.entry.element.get("type").startswith("0")]
    assert {d.fate for d in below} <= {Fate.LOCKED_OUT}


@laws
@given(sections, level, level, st.lists(st.booleans(), max_size=4))
def test_own_entries_stand_as_one_block_in_their_own_order(
    section: str, server: Level, site: Level, own: list[bool]
) -> None:
    rows = tuple(Directive("add", f"{FRESH}{i}", locked) for i, locked in enumerate(own))
    inherited, found = both(section, (server, site, rows))
    block, above = [f"2.{i}" for i in range(len(own))], ids(inherited.entries)
    assert ids(found.entries) == ([*block, *above] if section == "handlers" else [*above, *block])


@laws
@given(sections, levels)
def test_remove_after_add_is_as_if_neither_were_there(section: str, given_levels: Levels) -> None:
    server, site, app = given_levels
    pair = (Directive("add", FRESH), Directive("remove", FRESH))
    with_pair = at_app(section, (server, site, (*app, *pair)))
    without = at_app(section, given_levels)
    assert (ids(with_pair.entries), with_pair.usable) == (ids(without.entries), without.usable)


@laws
@given(sections, levels)
def test_a_duplicate_key_makes_the_section_unusable_and_changes_nothing(section: str, given_levels: Levels) -> None:
    server, site, app = given_levels
    pair = (Directive("add", FRESH), Directive("add", FRESH))
    inherited, found = both(section, (server, site, (*app, *pair)))
    assert (found.usable, ids(found.entries)) == (False, ids(inherited.entries))


@laws
@given(sections, level, level)
def test_an_empty_element_changes_nothing(section: str, server: Level, site: Level) -> None:
    inherited, found = both(section, (server, site, ()))
    assert seen(found) == seen(inherited)
