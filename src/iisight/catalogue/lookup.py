"""Known components: what the catalogue says of one that was found on a server.

The tables are `data/*.csv`; `docs/design/catalogue.md` says where their facts come from and how they are compared.
"""

from collections.abc import Iterator
from functools import cache, cached_property

from iisight.catalogue import names
from iisight.catalogue.compare import (
    ANY_NAME,
    Found,
    Known,
    compare,
    is_image,
    is_implausible,
    patterns,
    to_known,
    to_match,
)
from iisight.catalogue.tables import Row, rows
from iisight.model.component import CatalogueMatch, Kind

_HANDLERS = (Kind.MANAGED_HANDLER, Kind.ISAPI_EXTENSION, Kind.CGI, Kind.FASTCGI, Kind.NATIVE_HANDLER)
_KINDS: dict[str, tuple[Kind, ...]] = {
    "native_modules": (Kind.NATIVE_MODULE,),
    "managed_modules": (Kind.MANAGED_MODULE,),
    "handlers": _HANDLERS,
    "http_handlers": (Kind.MANAGED_HANDLER,),
    "restrictions": _HANDLERS,
    "isapi_filters": (Kind.ISAPI_FILTER,),
    "compression": (Kind.COMPRESSION,),
    "listeners": (Kind.WAS_PROTOCOL,),
    "module_providers": (Kind.MANAGER_PROVIDER,),
    "webdav_stores": (Kind.WEBDAV_STORE,),
    "clr_configs": (Kind.CLR_LOADER,),
    "ftp_providers": (Kind.FTP_PROVIDER,),
    "stock_types": (Kind.TYPE_REFERENCE,),
    "services": (Kind.SERVICE,),
}
_NAMELESS = "http_handlers"  # `verb path` is nobody's own: another type there is no imitation
_STOCK_TIERS = frozenset({"core", "ms"})


class Catalogue:
    """The shipped tables, indexed."""

    def __init__(self) -> None:
        """Read and index the tables of components; the other tables are read when they are asked for."""
        self._by_name: dict[tuple[Kind, str], list[Known]] = {}
        self._by_file: dict[str, list[Known]] = {}
        self._by_type: dict[tuple[Kind, str], list[Known]] = {}
        self._all: list[Known] = []
        for table in _KINDS:
            for row in rows(table):
                self._index(to_known(table, row))

    def _index(self, known: Known) -> None:
        self._all.append(known)
        for kind in _KINDS[known.table]:
            self._by_name.setdefault((kind, _name_key(known)), []).append(known)
            if known.type is not None:
                self._by_type.setdefault((kind, known.type.name), []).append(known)
        for image in known.images:
            self._by_file.setdefault(_index_key(image), []).append(known)

    def rows(self, table: str) -> tuple[Row, ...]:
        """Return the rows of one table."""
        return rows(table)

    def match(
        self, kind: Kind, name: str, image: str | None, type_: str | None, precondition: str, scope: str
    ) -> CatalogueMatch | None:
        """Return what is known of a component: of its name, else of its file or its .NET type."""
        found = Found(name, names.fold(image) if image else "", type_ or "", precondition, scope)
        rows_of_name = self._by_name.get((kind, name), ())
        named = [m for known in rows_of_name if (m := compare(found, known)).exact or known.table != _NAMELESS]
        if named:
            return min(named, key=lambda m: (len(m.differs), -len(m.agrees)))
        families = (known for known in self._by_name.get((kind, ANY_NAME), ()) if names.fits(name, known.name))
        exact = (m for m in (compare(found, known) for known in families) if m.exact)
        return next(exact, None) or self._other_name(kind, found)

    def _other_name(self, kind: Kind, found: Found) -> CatalogueMatch | None:
        """Return the match of a known file or type that is registered under a name of somebody's own."""
        for known in self._with_image(found.image):
            if kind in _KINDS[known.table]:
                return to_match(known, ("image",), ("name",), known.name)
        wanted = names.parse_type(found.type)
        for known in self._by_type.get((kind, wanted.name), ()) if found.type else ():
            if known.type is not None and names.same_type(wanted, known.type):
                differs = () if kind is Kind.MANAGED_HANDLER else ("name",)  # a handler's name is the administrator's
                return to_match(known, ("type",), differs, known.name if differs else "")
        return None

    def _with_image(self, folded: str) -> Iterator[Known]:
        for key in (_index_key(folded), ANY_NAME):
            for known in self._by_file.get(key, ()) if folded else ():
                if is_image(folded, known.images):
                    yield known

    def image_owner(self, path: str) -> Row | None:
        """Return the row of the component or stock file whose place a path is; 32-bit twins included."""
        folded = _untwin(names.fold(path))
        known = next(self._with_image(folded), None)
        return known.row if known is not None else _stock_files().get(folded)

    def restriction(self, path: str) -> Row | None:
        """Return the row of a known entry of the ISAPI and CGI restriction list."""
        found = (k for k in self._with_image(names.fold(path)) if k.table == "restrictions")
        return next((k.row for k in found), None)

    def stock_names(self, kind: Kind) -> frozenset[str]:
        """Return the names under which Windows and other Microsoft products register components of a kind."""
        stock = (k for k in self._all if kind in _KINDS[k.table] and k.row["tier"] in _STOCK_TIERS)
        return frozenset(k.name for k in stock if _name_key(k) != ANY_NAME)

    def stock_file_names(self) -> frozenset[str]:
        """Return the lower-case base names of the files of Windows and other Microsoft products."""
        return self._stock_file_names

    @cached_property
    def _stock_file_names(self) -> frozenset[str]:
        images = (i for k in self._all if k.row["tier"] in _STOCK_TIERS for i in k.images)
        every = (i.rpartition("\\")[2] for i in (*images, *_stock_files()))
        return frozenset(name for name in every if "*" not in name)

    def stock_images(self) -> frozenset[str]:
        """Return the folded, drive-less paths of the files of the IIS role, and their 32-bit twins."""
        return self._stock_images

    @cached_property
    def _stock_images(self) -> frozenset[str]:
        images = {i for k in self._all if k.row["tier"] == "core" for i in k.images if "*" not in i}
        images.update(path for path, row in _stock_files().items() if row["tier"] == "core")
        twins = {i.replace("\\system32\\", "\\syswow64\\", 1) for i in images if i.startswith("\\windows\\system32\\")}
        return frozenset(images | twins)

    def is_framework_assembly(self, simple_name: str, token: str | None) -> bool:
        """Tell whether an assembly is part of .NET or ASP.NET; a token, when given, must be Microsoft's."""
        row = _assembly(simple_name, token)
        return row is not None and row["tier"] == "core"

    def assembly_product(self, simple_name: str, token: str | None) -> str | None:
        """Return the product that an assembly belongs to; a token, when given, must be that product's."""
        row = _assembly(simple_name, token)
        return None if row is None else row["product"]

    def profiler(self, clsid: str) -> str | None:
        """Return the product whose CLR profiler has a CLSID or ProgID; anyone may reuse one, so check its file."""
        return _profilers().get(names.lower(clsid.strip().strip("{}")))

    def prestart_known(self, simple_name: str) -> bool:
        """Tell whether an assembly is known to run code before the application starts."""
        return names.lower(simple_name) in _prestart()

    def is_implausible_folder(self, path: str) -> bool:
        """Tell whether a path is where no product installs code."""
        return is_implausible(names.fold(path))


@cache
def catalogue() -> Catalogue:
    """Return the shipped catalogue, read once."""
    return Catalogue()


def _name_key(known: Known) -> str:
    """Return the name to look a row up by."""
    return ANY_NAME if "*" in known.name and known.table != _NAMELESS else known.name


def _index_key(image: str) -> str:
    file_name = image.rpartition("\\")[2]
    return ANY_NAME if "*" in file_name else file_name


def _untwin(folded: str) -> str:
    return folded.replace("\\windows\\syswow64\\", "\\windows\\system32\\", 1)


@cache
def _stock_files() -> dict[str, Row]:
    return {path: row for row in rows("stock_files") for path in patterns(row["image"])}


@cache
def _assemblies() -> dict[str, list[Row]]:
    table: dict[str, list[Row]] = {}
    for row in rows("assemblies"):
        table.setdefault(names.lower(row["name"]), []).append(row)
    return table


def _assembly(simple_name: str, token: str | None) -> Row | None:
    """Return the row of an assembly, or of the family `Company.Product.*` that it belongs to."""
    name = names.lower(simple_name[: names.MAX_NAME].strip())
    parts = name.split(".")[:16]
    families = (".".join(parts[:n]) + ".*" for n in range(len(parts) - 1, 0, -1))
    for key in (name, *families):
        for row in _assemblies().get(key, ()):
            if token is None or names.lower(token) in row["tokens"].split():
                return row
    return None


@cache
def _profilers() -> dict[str, str]:
    return {names.lower(row["clsid"].strip("{}")): row["product"] for row in rows("known_profilers")}


@cache
def _prestart() -> frozenset[str]:
    return frozenset(names.lower(row["name"]) for row in rows("prestart_assemblies"))
