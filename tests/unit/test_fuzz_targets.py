"""Every fuzz target takes its seeds, its corpus and some damaged inputs, the same ones at each run."""

from random import Random

import pytest

from tests.fuzz.keep import MAX_BYTES, MAX_FILES
from tests.fuzz.mutate import mutations
from tests.fuzz.targets import Target, corpus, find_targets

MUTATIONS = 200
TARGETS = find_targets()

each_target = pytest.mark.parametrize("target", TARGETS, ids=lambda target: target.name)


def test_the_targets_are_found_by_walking_the_folder() -> None:
    assert {"archive", "config", "pe", "xml"} <= {target.name for target in TARGETS}


@each_target
def test_a_target_takes_its_seeds_and_corpus(target: Target) -> None:
    for data in target.inputs:
        target.run(data)


@each_target
def test_a_target_takes_damaged_inputs(target: Target) -> None:
    mutated = mutations(target.inputs, target.tokens, Random(0))
    for _ in range(MUTATIONS):
        target.run(mutated())


@each_target
def test_the_corpus_is_small(target: Target) -> None:
    kept = corpus(target.name)
    assert 0 < len(kept) <= MAX_FILES
    assert all(len(data) < MAX_BYTES for data in kept)


def test_the_same_seed_gives_the_same_inputs() -> None:
    first, second = (mutations((b"abcdefgh", b"xyz"), (), Random(7)) for _ in range(2))
    assert [first() for _ in range(50)] == [second() for _ in range(50)]
