"""Which binaries get a close look, and what the catalogues of the evidence say of them."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

from iisight.evidence.source import Source
from iisight.examine.look import Examines, Look
from iisight.examine.pool import NOT_EXAMINED, was_examined
from iisight.examine.yara import NOT_INSTALLED
from iisight.inventory.binaries import Binaries, content
from iisight.inventory.catalogued import Catalogues, untold
from iisight.inventory.mechanisms.sleepers import entry_points
from iisight.inventory.memory import Memory
from iisight.model.binary import Binary
from iisight.model.component import Component, Kind
from iisight.model.coverage import Gap, GapKind
from iisight.model.examination import Examination

_WEB_TYPES = frozenset(
    {
        *("System.Web.IHttpModule", "System.Web.IHttpHandler", "System.Web.IHttpAsyncHandler"),
        *("System.Web.IHttpHandlerFactory", "System.Web.Hosting.VirtualPathProvider"),
        *("System.Web.HttpApplication", "Microsoft.Web.Infrastructure.DynamicModuleHelper.DynamicModuleUtility"),
    }
)
"""What an assembly of `bin` names when it is more than a library."""

MAX_NOTES = 8  # told of one file, so that a hostile one does not bury what the coverage says of the others


@dataclass(frozen=True, slots=True)
class Examined:
    """What was found, by the content of the files, and what could not be."""

    found: Mapping[str, Examination]
    gaps: tuple[Gap, ...]

    def component(self, component: Component) -> Component:
        """Return a component whose file and twin carry what was found in them."""
        binary, twin = component.binary, component.twin
        return replace(component, binary=binary and self.binary(binary), twin=twin and self.binary(twin))

    def binary(self, binary: Binary) -> Binary:
        """Return a binary with what was found in it, if it was looked at."""
        return replace(binary, examination=self.found.get(binary.sha256))


def examine(
    components: Iterable[Component],
    source: Source,
    binaries: Binaries,
    look: Look,
    examiner: Examines,
    memory: Memory | None = None,
    loaded: Iterable[Binary] = (),
) -> Examined:
    """Take a close look at the binaries of components, and at others that are loaded, each content once."""
    gaps: list[Gap] = []
    everything = look.libraries or look.setup.rules is not None  # rules of the user's are for libraries as well
    chosen = {b.sha256: b for c in components for b in _chosen(c, source, binaries, everything=everything)}
    chosen |= {b.sha256: b for b in loaded}
    known = {} if memory is None else {n: e for n in chosen if (e := memory.examination(n)) is not None}
    for name, binary in sorted(chosen.items(), key=lambda item: item[1].path):
        if name in known:
            continue
        file = source.find(binary.path)
        if file is not None and name not in binaries.submitted:
            data = content(source, file, gaps)
            if data is not None:
                examiner.submit(name, data)
    results = examiner.results()
    catalogues = Catalogues(source, look)
    found = catalogues.judge({name: results[name] for name in chosen if name in results and name not in known})
    if memory is not None:
        for name, examination in found.items():
            if was_examined(examination):
                memory.keep_examination(name, examination)
        found |= known
    gaps += [*catalogues.gaps, *untold(found.values())]
    return Examined(found, (*gaps, *_problems(look), *_notes(found, chosen)))


def _problems(look: Look) -> Iterator[Gap]:
    """Yield what of the user's rules is not run."""
    compiled = () if look.setup.rules is None else look.setup.rules.problems
    for problem in (*look.problems, *compiled):
        yield Gap(GapKind.MALFORMED, "YARA rules", problem)


def _chosen(component: Component, source: Source, binaries: Binaries, *, everything: bool) -> Iterator[Binary]:
    """Yield the files of a component that get a close look: all, or all but the mere libraries of a `bin` folder."""
    binary = component.binary
    looked_at = everything or component.kind is not Kind.APP_ASSEMBLY
    if binary is not None and (looked_at or _is_of_interest(binary, source, binaries)):
        yield binary
    if component.twin is not None:
        yield component.twin


def _is_of_interest(binary: Binary, source: Source, binaries: Binaries) -> bool:
    file = source.find(binary.path)
    facts = None if file is None else binaries.assembly(file)
    if facts is not None and not _WEB_TYPES.isdisjoint(facts.type_refs):
        return True
    return binary.image is not None and bool(entry_points(binary.image))


def _notes(found: Mapping[str, Examination], chosen: Mapping[str, Binary]) -> Iterator[Gap]:
    for name, examination in found.items():
        image, path = chosen[name].image, chosen[name].path
        known = set() if image is None else set(image.notes)  # told when the headers were read
        notes = sorted((n for n in examination.notes if n not in known), key=_is_mere_damage)
        for note in notes[:MAX_NOTES]:
            kind = GapKind.MALFORMED if _is_mere_damage(note) else GapKind.FAILED
            yield Gap(kind, "YARA rules" if note == NOT_INSTALLED else path, note)
        if len(notes) > MAX_NOTES:
            yield Gap(GapKind.MALFORMED, path, "more of it cannot be read", len(notes) - MAX_NOTES)


def _is_mere_damage(note: str) -> bool:
    """Tell what the file itself is to blame for from what ended the look at it, which comes first."""
    return NOT_EXAMINED not in note
