"""Throw damaged inputs at every reader: `python -m tests.fuzz --seconds 60 --target xml --seed 1`.

With `--files FOLDER` real files of a folder are damaged instead of made ones, until `--changed-bytes` of them are not
what they were.
"""

import argparse
import hashlib
import sys
import traceback
from collections.abc import Sequence
from pathlib import Path
from random import Random
from time import perf_counter

from tests.fuzz.keep import write_corpus
from tests.fuzz.mutate import mutations
from tests.fuzz.real import fuzz_files
from tests.fuzz.targets import HERE, Target, find_targets

CRASHES = HERE / "crashes"
TOO_LONG = 20.0  # seconds for one input; no reader needs a tenth of it


def main(arguments: Sequence[str]) -> int:
    """Return 0 when no input broke a target, else 1."""
    targets = {target.name: target for target in find_targets()}
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description="Damage inputs.")
    parser.add_argument("--seconds", type=float, default=60.0, help="for all targets together")
    parser.add_argument("--target", choices=sorted(targets), action="append", help="may be given more than once")
    parser.add_argument("--seed", type=int, default=0, help="the same seed gives the same inputs")
    parser.add_argument("--write-corpus", action="store_true", help="choose anew the inputs kept for the tests")
    parser.add_argument("--files", type=Path, metavar="FOLDER", help="damage the files of a folder")
    parser.add_argument("--changed-bytes", type=int, default=10_000_000, help="of the files; default: ten million")
    given = parser.parse_args(arguments)
    chosen = [targets[name] for name in given.target or sorted(targets)]
    if given.write_corpus:
        for target in chosen:
            write_corpus(target, given.seed)
        return 0
    if given.files:
        return int(fuzz_files(chosen, given.files, given.changed_bytes, given.seed, _save))
    broken = [_fuzz(target, given.seconds / len(chosen), given.seed) for target in chosen]
    return int(any(broken))


def _fuzz(target: Target, seconds: float, seed: int) -> bool:
    """Run one target until its time is over or an input breaks it; tell whether one did."""
    mutated = mutations(target.inputs, target.tokens, Random(seed))
    start = perf_counter()
    count, worst, worst_size = 0, 0.0, 0
    while (begun := perf_counter()) - start < seconds:
        data = target.inputs[count] if count < len(target.inputs) else mutated()
        try:
            target.run(data)
        except Exception:
            print(f"{target.name}: input {count} of seed {seed} breaks it: {_save(target, data)}", file=sys.stderr)
            traceback.print_exc()
            return True
        taken = perf_counter() - begun
        count += 1
        if taken > worst:
            worst, worst_size = taken, len(data)
        if taken > TOO_LONG:
            print(f"{target.name}: {taken:.1f} s for one input: {_save(target, data)}", file=sys.stderr)
            return True
    rate = count / (perf_counter() - start)
    print(f"{target.name}: {count} inputs, {rate:.0f}/s, worst {worst * 1000:.0f} ms ({worst_size} bytes)")
    return False


def _save(target: Target, data: bytes) -> Path:
    """Write the input that broke a target where `.gitignore` expects it."""
    CRASHES.mkdir(exist_ok=True)
    path = CRASHES / f"{target.name}-{hashlib.sha256(data).hexdigest()[:12]}.bin"
    path.write_bytes(data)
    return path


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
