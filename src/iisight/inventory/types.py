"""Which types the assemblies of the evidence define."""

from iisight.catalogue import names
from iisight.evidence.source import Source
from iisight.inventory.binaries import Binaries
from iisight.model.binary import Binary
from iisight.model.errors import EvidenceError, ParseError
from iisight.model.locator import Locator
from iisight.parsers.pe.clr import AssemblyFacts, read_clr_header
from iisight.parsers.pe.clr.metadata import read_metadata
from iisight.parsers.pe.headers import read_headers

_EXPORTED_TYPE = 0x27  # ECMA-335 II.22.14: types of other files and of other assemblies


class Types:
    """Remembers the type names of each assembly; files of the same content share them."""

    def __init__(self, source: Source, binaries: Binaries) -> None:
        """Start with nothing read."""
        self._source = source
        self._binaries = binaries
        self._names: dict[str, frozenset[str]] = {}
        self._forwards: dict[str, bool] = {}

    def has(self, binary: Binary, type_name: str) -> bool:
        """Tell whether a type is among those read of an assembly, as ASP.NET compares names: in any case."""
        return names.lower(type_name) in self._of(binary)

    def defines(self, binary: Binary, type_name: str) -> bool | None:
        """Tell whether an assembly has a type; None where its metadata does not say: cut, or types of others in it."""
        if not type_name:
            return None
        if self.has(binary, type_name):
            return True
        facts = self._facts(binary)
        return None if facts is None or facts.notes or self._has_others(binary) else False

    def _of(self, binary: Binary) -> frozenset[str]:
        if binary.sha256 not in self._names:
            facts = self._facts(binary)
            self._names[binary.sha256] = frozenset(names.lower(t.name) for t in facts.types) if facts else frozenset()
        return self._names[binary.sha256]

    def _facts(self, binary: Binary) -> AssemblyFacts | None:
        file = self._source.find(binary.path)
        return None if file is None else self._binaries.assembly(file)

    def _has_others(self, binary: Binary) -> bool:
        """Tell whether the assembly offers types that are not its own: forwarded, or of a further file."""
        if binary.sha256 not in self._forwards:
            self._forwards[binary.sha256] = self._reads_others(binary)
        return self._forwards[binary.sha256]

    def _reads_others(self, binary: Binary) -> bool:
        file = self._source.find(binary.path)
        if file is None:
            return True
        try:
            view = read_headers(self._source.read(file), Locator(file.path))
        except (EvidenceError, ParseError):
            return True
        clr = read_clr_header(view, [])
        metadata = None if clr is None else read_metadata(view.read(*clr.metadata))
        return metadata is None or metadata.count(_EXPORTED_TYPE) > 0
