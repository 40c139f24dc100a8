"""Which element of a configuration file is a section, where it may be set, and who may override it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from iisight.catalogue import schema
from iisight.catalogue.schema import SectionFact
from iisight.model.config import Document, Element

MAX_DECLARATIONS = 5_000  # stock machine.config and applicationHost.config declare about 250 together


@dataclass(frozen=True, slots=True, eq=False)
class Declaration:
    """A `<section>` of `configSections`, or what the stock files declare when the evidence lacks it."""

    path: str
    allow_definition: str  # Everywhere, MachineOnly, MachineToRootWeb, MachineToApplication, AppHostOnly
    override_default: str  # Allow, Deny
    level: int
    element: Element | None = None
    document: Document | None = None

    @property
    def type(self) -> str:
        """Return the .NET class that handles the section; native IIS ignores it."""
        return "" if self.element is None else self.element.get("type")


class Declarations:
    """The sections known at one point of the hierarchy: `parent`'s and those a file adds."""

    def __init__(self, declared: Mapping[str, Declaration]) -> None:
        """Index the declared sections and the groups that hold them."""
        self._declared = dict(declared)
        self._groups = {prefix for path in self._declared for prefix in _prefixes(path)}

    def find(self, path: str) -> Declaration | None:
        """Return the declaration of a section path."""
        return self._declared.get(path)

    def is_group(self, path: str) -> bool:
        """Tell whether some section lies below this path."""
        return path in self._groups

    def declared(self) -> Iterable[Declaration]:
        """Return every declaration."""
        return self._declared.values()

    def extend(self, document: Document, level: int) -> "Declarations":
        """Return these declarations with what a file's `configSections` adds; the same when it adds nothing.

        machine.config declares `system.webServer` as one section that .NET ignores; to IIS it is a group.
        """
        added = {d.path: d for d in _read(document, level) if d.path not in self._groups}
        if not added:
            return self
        return Declarations({**self._declared, **added})


def stock() -> Declarations:
    """Return the sections that Windows declares (catalogue, `sections.csv`)."""
    return Declarations(
        {
            fact.path: Declaration(fact.path, fact.allow_definition, fact.override_default, _home(fact))
            for fact in schema.all_sections()
        }
    )


def _home(fact: SectionFact) -> int:
    """Return the level whose file is the home of a section: applicationHost.config or the framework's."""
    of_iis = fact.path.startswith(("system.applicationHost", "system.webServer", "system.ftpServer", "webFarms"))
    return 2 if of_iis or fact.allow_definition == "AppHostOnly" else 0


def _prefixes(path: str) -> Iterable[str]:
    parts = path.split("/")
    return ("/".join(parts[:n]) for n in range(1, len(parts)))


def _read(document: Document, level: int) -> Iterable[Declaration]:
    """Yield the sections of every `configSections` of a file."""
    if document.root is None:
        return
    left = MAX_DECLARATIONS
    for holder in document.root.all("configSections"):
        pending: list[tuple[Element, str]] = [(holder, "")]
        while pending and left > 0:
            group, prefix = pending.pop()
            for child in group.children:
                path = f"{prefix}{child.get('name')}"
                if child.name == "sectionGroup":
                    pending.append((child, f"{path}/"))
                elif child.name == "section" and child.get("name"):
                    left -= 1
                    yield Declaration(
                        path,
                        child.get("allowDefinition", "Everywhere"),
                        child.get("overrideModeDefault", "Allow"),
                        level,
                        child,
                        document,
                    )
