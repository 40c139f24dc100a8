"""Rules from where they are kept: iisight's own, compiled when it was built, and the user's, compiled on demand."""

from collections.abc import Iterable, Iterator
from hashlib import sha256
from importlib import resources
from importlib.resources.abc import Traversable
from pathlib import Path

from iisight.model.errors import UsageError
from iisight.sigma.rule import (
    CompiledRule,
    Every,
    Node,
    Not,
    NotEvaluated,
    Regex,
    RuleSet,
    Some,
    Stored,
    decode,
    encode,
)

FORMAT = 1  # of the compiled rules; a change makes those of former builds useless
STORED = "shipped.json"
MAX_FILES = 20_000  # of the user's folders
MAX_DEPTH = 12  # of folders in each other
MAX_BYTES = 4 << 20  # of a file; what YAML is read of is bounded in characters besides

_SUFFIXES = (".yml", ".yaml")
_TABLES = ("absent", "categories", "services", "unrecorded")


def load_shipped(folder: Traversable) -> tuple[CompiledRule, ...]:
    """Return iisight's own rules of a folder, as compiled when it was built, or anew when a text has changed since.

    Raises UsageError when one has and the extra `sigma` is not installed; ValueError for a rule that may not ship.
    """
    texts = tuple(_texts(folder))
    if not texts:
        return ()
    stored = _stored()
    if stored is not None and stored.digest == _digest(texts):
        return stored.rules.rules
    try:
        return _compiled(texts).rules
    except UsageError as error:
        changed = "its own event rules have changed since iisight was built"
        raise UsageError(f"{changed}: install it again, or install iisight[sigma]") from error


def _stored() -> Stored | None:
    """Return what was compiled when iisight was built; None where there is none that can be read."""
    file = resources.files("iisight.sigma").joinpath("data", STORED)
    try:
        return decode(file.read_bytes()) if file.is_file() else None
    except ValueError:
        return None


def compile_shipped(folder: Traversable) -> bytes:
    """Return the file that is shipped for the texts of a folder. Raises ValueError for a rule that may not ship."""
    texts = tuple(_texts(folder))
    return encode(Stored(_digest(texts), _compiled(texts) if texts else RuleSet()))


def load_user(paths: Iterable[Path]) -> RuleSet:
    """Compile the user's files, and those in the user's folders. Raises UsageError without the extra `sigma`."""
    from iisight.sigma.compile import compile_texts

    failed: list[NotEvaluated] = []
    rules = compile_texts(list(user_texts(paths, failed)))
    return RuleSet(rules.rules, rules.correlations, (*failed, *rules.not_evaluated))


def _texts(folder: Traversable) -> Iterator[tuple[str, str]]:
    for file in sorted(folder.iterdir(), key=lambda each: each.name):
        if file.name.endswith(_SUFFIXES) and not file.name.startswith("_"):
            yield file.name, file.read_text("utf-8").replace("\r\n", "\n")


def _digest(texts: Iterable[tuple[str, str]]) -> str:
    """Return the digest of all that compiled rules come from."""
    data = resources.files("iisight.sigma").joinpath("data")
    tables = ((name, data.joinpath(f"{name}.csv").read_text("utf-8").replace("\r\n", "\n")) for name in _TABLES)
    digest = sha256(str(FORMAT).encode())
    for name, text in (*texts, *tables):
        digest.update(f"\0{name}\0{len(text)}\0{text}".encode())
    return digest.hexdigest()


def _compiled(texts: tuple[tuple[str, str], ...]) -> RuleSet:
    from iisight.sigma.compile import compile_texts

    rules = compile_texts(texts)
    for failed in rules.not_evaluated:
        raise ValueError(f"{failed.name}: {failed.reason}")
    if rules.correlations:
        raise ValueError(f"{rules.correlations[0].file}: correlations are not shipped")
    for rule in rules.rules:
        if rule.note is None or _has_regex(rule.condition):
            raise ValueError(
                f"{rule.file}: a rule that ships has `iisight:` and no regular expression, which needs RE2"
            )
    return rules


def _has_regex(node: Node) -> bool:
    if isinstance(node, Every | Some):
        return any(map(_has_regex, node.parts))
    return _has_regex(node.part) if isinstance(node, Not) else isinstance(node, Regex)


def user_texts(paths: Iterable[Path], failed: list[NotEvaluated]) -> Iterator[tuple[str, str]]:
    """Yield (path, text) of the user's files, and of those in the user's folders; add what cannot be read."""
    for number, path in enumerate(path for given in paths for path in _given(given, failed)):
        if number >= MAX_FILES:
            failed.append(
                NotEvaluated(str(path), f"more than {MAX_FILES:,} files: this and those after it are not read")
            )
            return
        try:
            with path.open("rb") as file:
                data = file.read(MAX_BYTES + 1)
            if len(data) > MAX_BYTES:
                raise ValueError("it is too large")
            yield str(path), data.decode("utf-8-sig")
        except (OSError, ValueError) as error:
            failed.append(NotEvaluated(str(path), f"it cannot be read: {error}"))


def _given(path: Path, failed: list[NotEvaluated]) -> Iterator[Path]:
    """Yield the rules that one path names; that a folder holds none is told."""
    found = False
    for file in _files(path, failed, 0):
        found = True
        yield file
    if not found:
        failed.append(NotEvaluated(str(path), "no file of rules (.yml, .yaml) is in it"))


def _files(path: Path, failed: list[NotEvaluated], depth: int) -> Iterator[Path]:
    """Yield a file, or the rules of a folder in order; links to folders are not followed."""
    if depth and path.name.startswith("."):
        return
    if not path.is_dir():
        if not depth or path.suffix.lower() in _SUFFIXES:
            yield path
    elif depth and path.is_symlink():
        failed.append(NotEvaluated(str(path), "it is a link to a folder, which is not followed"))
    elif depth > MAX_DEPTH:
        failed.append(NotEvaluated(str(path), f"it is more than {MAX_DEPTH} folders deep"))
    else:
        for child in _children(path, failed):
            yield from _files(child, failed, depth + 1)


def _children(folder: Path, failed: list[NotEvaluated]) -> list[Path]:
    try:
        return sorted(folder.iterdir())
    except OSError as error:
        failed.append(NotEvaluated(str(folder), f"it cannot be read: {error}"))
        return []
