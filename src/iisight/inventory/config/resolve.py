"""What a section is at one node of the tree: parents first, then the files that speak for the node."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from iisight.catalogue import schema
from iisight.catalogue.schema import CollectionFact
from iisight.inventory.config import merge
from iisight.inventory.config.declarations import Declaration, Declarations
from iisight.inventory.config.locks import SectionLock
from iisight.inventory.config.merge import Writer
from iisight.inventory.config.records import Record
from iisight.inventory.config.tree import Node, Tree, ancestors
from iisight.model.config import ElementState, Fate, Problem

MAX_WORK = 5_000_000  # entries; 2,000 sites with nested files carry about 700,000
_WEB_CONFIG_LEVEL = 3
_HIGHEST_LEVEL = {"MachineOnly": 0, "MachineToRootWeb": 1, "MachineToWebRoot": 1, "AppHostOnly": 2}


@dataclass(frozen=True, slots=True, eq=False)
class SectionState:
    """A section in force at a node, and who below may still change it."""

    element: ElementState
    lock: SectionLock


@dataclass(frozen=True, slots=True, eq=False)
class Change:
    """A node at which a section differs from what its parent hands down."""

    node: Node
    before: ElementState
    after: ElementState


@dataclass(slots=True, eq=False)
class Resolver:
    """Resolves sections over a tree; `frameworks` holds the records of machine.config and root web.config."""

    tree: Tree
    declarations: Declarations
    frameworks: dict[str, Sequence[Record]]
    default_framework: str
    locks_known: bool  # False when no applicationHost.config says what is delegated
    work: int = 0  # entries that were carried from level to level
    schema_facts: dict[str, CollectionFact] = field(default_factory=dict)
    _cache: dict[tuple[int, str, str, bool], SectionState] = field(default_factory=dict)
    _touched: dict[str, list[Node]] | None = None
    _framework_sections: frozenset[str] | None = None

    def effective(self, node: Node, section: str, framework: str = "") -> ElementState:
        """Return the section in force at a node; `framework` defaults to the one of the node's pool."""
        return self._state(node, section, self._framework(section, framework), inheritable=False).element

    def lock(self, node: Node, section: str) -> SectionLock:
        """Return who may change the section below a node."""
        return self._state(node, section, self._framework(section, ""), inheritable=False).lock

    def changes(self, section: str) -> Iterator[Change]:
        """Yield every node where the section changes, the server first, parents before children."""
        framework = self._framework(section, "")
        empty = ElementState(section)
        for node in self._touched_nodes().get(section, ()):
            before = empty if node.parent is None else self._state(node.parent, section, framework, False).element
            after = self._state(node, section, framework, False).element
            if after is not before:
                yield Change(node, before, after)

    def sections(self) -> list[str]:
        """Return the path of every section that some file sets, sorted."""
        return sorted(self._touched_nodes())

    def collection(self, path: str) -> CollectionFact | None:
        """Return how a collection merges: from the product's facts, else from the evidence's own schema."""
        return schema.collection_fact(path) or self.schema_facts.get(path)

    def _framework(self, section: str, framework: str) -> str:
        if self._framework_sections is None:
            self._framework_sections = frozenset(r.section for rs in self.frameworks.values() for r in rs)
        if section not in self._framework_sections:
            return ""
        return framework if framework in self.frameworks else self.default_framework

    def _touched_nodes(self) -> dict[str, list[Node]]:
        """Index nodes by the sections that may change there."""
        if self._touched is None:
            self._touched = {}
            for section in {r.section for rs in self.frameworks.values() for r in rs}:
                self._touched[section] = [self.tree.root]
            for node in self.tree:
                for section in sorted({*node.inputs, *_withheld(node)}):
                    nodes = self._touched.setdefault(section, [])
                    if not nodes or nodes[-1] is not node:
                        nodes.append(node)
        return self._touched

    def _state(self, node: Node, section: str, framework: str, inheritable: bool) -> SectionState:
        inheritable = inheritable and _withholds(node, section)
        key = (id(node), section, framework, inheritable)
        cached = self._cache.get(key)
        if cached is not None:
            return cached
        if node.parent is None:
            state = self._at_root(section, framework)
        else:
            handed_down = inheritable or (node.is_app_root and node.parent.parent is not None)
            state = self._state(node.parent, section, framework, handed_down)
        for record in node.inputs.get(section, ()):
            if record.inherit_children or not inheritable or node.parent is None:
                state = self._apply(state, record, node)
        if section in node.inputs or node.parent is None:
            self._cache[key] = state
        return state

    def _at_root(self, section: str, framework: str) -> SectionState:
        declaration = self.declarations.find(section)
        state = SectionState(ElementState(section), self._first_lock(declaration))
        for record in self.frameworks.get(framework, ()):
            if record.section == section and not record.location:
                state = self._apply(state, record, self.tree.root)
        return state

    def _first_lock(self, declaration: Declaration | None) -> SectionLock:
        if declaration is None or not self.locks_known:
            return SectionLock(True, _WEB_CONFIG_LEVEL)
        return SectionLock(declaration.override_default.capitalize() != "Deny", declaration.level)

    def _apply(self, state: SectionState, record: Record, node: Node) -> SectionState:
        """Let one record speak; a refusal leaves the inherited content and makes the section unusable."""
        writer = Writer(record.document, record.level, node.scope)
        self.work += len(state.element.entries) + len(state.element.dropped) + len(record.element.children)
        if self.work > MAX_WORK:
            self.tree.refused += 1
            return state
        refusal = self._refusal(state, record, node)
        if refusal is not None:
            fate = Fate.LOCKED_OUT if refusal.code == "locked" else Fate.INERT
            return SectionState(merge.reject(state.element, record.element, writer, fate, refusal), state.lock)
        element = merge.apply(state.element, record.element, writer, self.collection)
        return SectionState(element, state.lock.then(record.override, record.level))

    def _refusal(self, state: SectionState, record: Record, node: Node) -> Problem | None:
        """Say why the section may not be set there, if so (500.19)."""
        place = record.document.at(record.element)
        broken = next((p for p in record.holder.problems if p.code == "malformed"), None)
        if broken is not None and record.level >= _WEB_CONFIG_LEVEL:
            return Problem("malformed", f"the file is not well-formed: {broken.message}", broken.locator)
        if not state.lock.admits(record.level):
            return Problem("locked", f"section {record.section} is locked at a higher level", place)
        declaration = self.declarations.find(record.section)
        if declaration is None or not self._wrong_level(declaration.allow_definition, record, node):
            return None
        message = f"section {record.section} (allowDefinition={declaration.allow_definition}) may not be set here"
        return Problem("wrong-level", message, place)

    def _wrong_level(self, allow: str, record: Record, node: Node) -> bool:
        if allow == "MachineToApplication":
            return record.level >= _WEB_CONFIG_LEVEL and not node.is_app_root and self.locks_known
        return record.level > _HIGHEST_LEVEL.get(allow, record.level)


def _withholds(node: Node, section: str) -> bool:
    """Tell whether the section, as it is at a node, holds something that child applications do not get."""
    at: Node | None = node
    while at is not None and at.parent is not None:
        if any(not r.inherit_children for r in at.inputs.get(section, ())):
            return True
        at = at.parent
    return False


def _withheld(node: Node) -> set[str]:
    """Return the sections that an application does not get: set above with inheritInChildApplications=false."""
    if not node.is_app_root:
        return set()
    return {
        section
        for above in ancestors(node)
        if above.parent is not None
        for section, records in above.inputs.items()
        if any(not r.inherit_children for r in records)
    }
