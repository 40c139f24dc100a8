"""The tree of configuration paths: server, sites, applications, virtual directories, folders."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from iisight.evidence import paths
from iisight.inventory.config.records import Record

MAX_NODES = 250_000
MAX_DEPTH = 64
MAX_RECORDS = 64  # files and location tags that set one section at one place


@dataclass(frozen=True, slots=True)
class App:
    """An application: where it hangs in the tree, its pool and its folder."""

    site: str
    path: str  # `/`, `/owa`
    pool: str
    scope: str  # `Default Web Site/owa`
    physical_path: str


@dataclass(frozen=True, slots=True)
class Unread:
    """A section that a file sets and this scope does not read."""

    record: Record
    reason: str


@dataclass(slots=True, eq=False)
class Node:
    """One configuration path. `inputs` are the records that apply to it, in the order they apply."""

    scope: str  # as first spelled; `""` is the server
    parent: "Node | None"
    depth: int
    app: App | None = None  # the application it belongs to
    is_app_root: bool = False
    physical_path: str = ""
    inputs: dict[str, list[Record]] = field(default_factory=dict)
    unread: list[Unread] = field(default_factory=list)

    def attach(self, record: Record) -> bool:
        """Add a record after those already there; False when there are more than any configuration has."""
        records = self.inputs.setdefault(record.section, [])
        if len(records) >= MAX_RECORDS:
            return False
        records.append(record)
        return True


class Tree:
    """Nodes by configuration path, case-insensitive; a node's parents always exist."""

    def __init__(self) -> None:
        """Start with the server's node alone."""
        self.root = Node("", None, 0)
        self._nodes: dict[str, Node] = {"": self.root}
        self.refused = 0  # nodes over the bounds

    def find(self, scope: str) -> Node | None:
        """Return the node of a configuration path."""
        return self._nodes.get(fold_scope(scope))

    def nearest(self, scope: str) -> Node:
        """Return the node of a path, or its nearest ancestor's."""
        key = fold_scope(scope)
        while key not in self._nodes:
            key = key.rpartition("/")[0]
        return self._nodes[key]

    def ensure(self, scope: str) -> Node | None:
        """Return the node of a path, made with its parents if need be; None when over the bounds."""
        key = fold_scope(scope)
        node = self._nodes.get(key)
        if node is not None:
            return node
        parts = [p for p in scope.replace("\\", "/").split("/") if p]
        if len(parts) > MAX_DEPTH or len(self._nodes) + len(parts) > MAX_NODES:
            self.refused += 1
            return None
        node = self.root
        for depth in range(1, len(parts) + 1):
            child_key = fold_scope("/".join(parts[:depth]))
            child = self._nodes.get(child_key)
            if child is None:
                child = Node("/".join(parts[:depth]), node, depth, app=node.app)
                self._nodes[child_key] = child
            node = child
        return node

    def __iter__(self) -> Iterator[Node]:
        """Yield every node, parents before children, in the order of their folded paths."""
        return (self._nodes[key] for key in sorted(self._nodes))

    def __len__(self) -> int:
        """Return the number of nodes."""
        return len(self._nodes)


def fold_scope(scope: str) -> str:
    """Return the key of a configuration path: case folded, single slashes, none at the ends."""
    return paths.lower("/".join(p for p in scope.replace("\\", "/").split("/") if p))


def ancestors(node: Node) -> Iterable[Node]:
    """Yield the node's parents, nearest first."""
    above = node.parent
    while above is not None:
        yield above
        above = above.parent
