"""What a close look could not read becomes coverage."""

from iisight.evidence.memory import memory_source
from iisight.evidence.source import File
from iisight.examine.look import Look
from iisight.inventory.binaries import Binaries
from iisight.inventory.examined import MAX_NOTES, examine
from iisight.inventory.memory import Reading
from iisight.model.binary import Binary
from iisight.model.component import Component, Kind
from iisight.model.config import Document
from iisight.model.coverage import Gap, GapKind
from iisight.model.examination import Examination

PATH = "C:\\Acme\\a.dll"


class Told:
    """An examiner that says what it was told to."""

    def __init__(self, *notes: str) -> None:
        self._notes = notes
        self._names: list[str] = []

    def submit(self, name: str, data: bytes) -> None:
        assert data
        self._names.append(name)

    def results(self) -> dict[str, Examination]:
        return {name: Examination(notes=self._notes) for name in self._names}


def gaps(*notes: str) -> tuple[Gap, ...]:
    source = memory_source({PATH: b"MZ"})
    file = Binary(PATH, 2, "00", None, None)
    component = Component("x", Kind.NATIVE_MODULE, "L-01", "x", PATH, None, binary=file)
    return examine([component], source, Binaries(source), Look(), Told(*notes)).gaps


def test_each_of_a_few_notes_is_a_gap() -> None:
    notes = tuple(f"entry {n}" for n in range(MAX_NOTES))
    assert gaps(*notes) == tuple(Gap(GapKind.MALFORMED, PATH, note) for note in notes)


def test_one_file_with_many_notes_does_not_bury_the_others() -> None:
    told = gaps(*(f"entry {n}" for n in range(300)), "not examined: it took longer")
    assert told[0] == Gap(GapKind.FAILED, PATH, "not examined: it took longer")
    assert told[-1] == Gap(GapKind.MALFORMED, PATH, "more of it cannot be read", 301 - MAX_NOTES)
    assert len(told) == MAX_NOTES + 1


class Kept:
    """A memory of examinations alone."""

    def __init__(self) -> None:
        self.kept: dict[str, Examination] = {}

    def document(self, file: File) -> Document | None:
        return None

    def keep_document(self, file: File, data: bytes, document: Document) -> None:
        raise AssertionError("no configuration is read here")

    def reading(self, file: File) -> Reading | None:
        return None

    def keep_reading(self, file: File, reading: Reading) -> None:
        raise AssertionError("no file is parsed here")

    def examination(self, sha256: str) -> Examination | None:
        return self.kept.get(sha256)

    def keep_examination(self, sha256: str, examination: Examination) -> None:
        self.kept[sha256] = examination


def kept(*notes: str) -> list[str]:
    source, memory = memory_source({PATH: b"MZ"}), Kept()
    file = Binary(PATH, 2, "00", None, None)
    component = Component("x", Kind.NATIVE_MODULE, "L-01", "x", PATH, None, binary=file)
    examine([component], source, Binaries(source), Look(), Told(*notes), memory)
    return list(memory.kept)


def test_a_look_that_was_ended_is_not_remembered() -> None:
    assert kept("entry 1") == ["00"]
    assert kept("not examined: it took longer") == []
