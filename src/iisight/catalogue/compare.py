"""One row of the catalogue held against one component."""

from dataclasses import dataclass
from functools import cache, lru_cache

from iisight.catalogue import names
from iisight.catalogue.tables import Row, rows
from iisight.model.component import CatalogueMatch

ANY_NAME = "*"

_REMEMBERED = 4096  # answers about paths: rule after rule asks about the same ones


@dataclass(frozen=True, slots=True)
class Found:
    """A component as it was found."""

    name: str
    image: str  # folded
    type: str
    precondition: str
    scope: str


@dataclass(frozen=True, slots=True, eq=False)
class Known:
    """A row of a table, ready to be compared."""

    table: str
    row: Row
    name: str
    images: tuple[str, ...]  # folded patterns
    type: names.TypeName | None
    modules: tuple[str, ...]  # native modules that serve a handler
    precondition: str
    applications: tuple[str, ...]

    @property
    def expected(self) -> str:
        """Return the image or type as the table writes it."""
        return self.row.get("image", "").split("|")[0] or self.row.get("type") or self.row.get("modules", "")


def to_known(table: str, row: Row) -> Known:
    """Return a row with its names parsed and its paths folded."""
    type_ = row.get("type", "")
    return Known(
        table,
        row,
        row["name"],
        patterns(row.get("image", "")),
        names.parse_type(type_) if type_ else None,
        names.parse_list(row.get("modules", "")),
        row.get("precondition", ""),
        tuple(names.lower(row.get("applications", "")).split()),
    )


def patterns(images: str) -> tuple[str, ...]:
    """Return the folded patterns of a table cell: paths separated by `|`, once per meaning of their variable."""
    spelled = (p for image in images.split("|") if image for p in names.expand(names.lower(image)))
    return tuple(p if names.is_anywhere(p) else names.fold(p) for p in spelled)


def compare(found: Found, known: Known) -> CatalogueMatch:
    """Hold every fact that a row states against a component; what the row leaves open is not compared."""
    facts = {
        "name": known.name != ANY_NAME or None,
        "image": _same_image(found, known),
        "type": _same_type(found, known),
        "precondition": _same_precondition(found, known),
        "scope": names.is_within(found.scope, known.applications) if known.applications else None,
    }
    agrees = tuple(fact for fact, same in facts.items() if same)
    differs = tuple(fact for fact, same in facts.items() if same is False)
    return to_match(known, agrees, differs, _expected(known, differs))


def _expected(known: Known, differs: tuple[str, ...]) -> str:
    if {"image", "type"} & set(differs):
        return known.expected
    if "precondition" in differs:
        return known.precondition
    return "/" + " /".join(known.applications) if "scope" in differs else ""


def _same_image(found: Found, known: Known) -> bool | None:
    if not found.image:
        return False if known.images and not found.type else None
    if not known.images:
        return None if known.type is not None else False
    return is_image(found.image, known.images)


def _same_type(found: Found, known: Known) -> bool | None:
    if not found.type:
        return False if known.type is not None else None
    if known.modules:
        return known.modules == names.parse_list(found.type)
    if known.type is None:
        return None if known.images else False
    return names.same_type(names.parse_type(found.type), known.type)


def _same_precondition(found: Found, known: Known) -> bool | None:
    return names.precondition_holds(found.precondition, known.precondition) if known.precondition else None


@lru_cache(_REMEMBERED)
def is_image(folded: str, accepted: tuple[str, ...]) -> bool:
    """Tell whether a path is of one of the patterns; an open folder (`**`) does not reach where no product installs."""
    fitting = [p for p in accepted if names.fits(folded, p)]
    return any(not names.is_anywhere(p) or not is_implausible(folded) for p in fitting)


def to_match(known: Known, agrees: tuple[str, ...], differs: tuple[str, ...], expected: str) -> CatalogueMatch:
    """Return the answer to the caller."""
    row = known.row
    return CatalogueMatch(row["product"], row["tier"], row["source"], agrees, differs, expected)


@cache
def _implausible() -> tuple[tuple[str, bool], ...]:
    return tuple((names.fold(row["folder"]), row["depth"] == "tree") for row in rows("implausible_folders"))


@lru_cache(_REMEMBERED)
def is_implausible(folded: str) -> bool:
    """Tell whether a folded path lies where no product installs code."""
    return any(_lies_in(folded, folder, tree) for folder, tree in _implausible())


def _lies_in(folded: str, folder: str, tree: bool) -> bool:
    if not tree:
        return names.fits(folded.rpartition("\\")[0] or "\\", folder)
    depth = folder.count("\\") + 1
    return names.fits("\\".join(folded.split("\\")[:depth]), folder)
