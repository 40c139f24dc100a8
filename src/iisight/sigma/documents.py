"""YAML of Sigma rules, read within bounds. PyYAML comes with pySigma and is imported when there is text to read."""

from collections.abc import Iterator, Mapping
from typing import TypeAlias

Value: TypeAlias = "Mapping[str, Value] | list[Value] | str | int | float | bool | object | None"
Document: TypeAlias = dict[str, Value]

MAX_TEXT = 1_048_576  # characters of a file
MAX_DEPTH = 24  # of lists and maps in each other
MAX_NODES = 100_000  # of a file
MAX_DOCUMENTS = 1_000  # of a file
MAX_ALIASES = 200  # of a file
ACTION = "action"


class NotSigmaError(ValueError):
    """The text is not one or more maps of YAML within these bounds."""


def read_documents(text: str) -> Iterator[tuple[int, Document | NotSigmaError]]:
    """Yield the rules of a text with their numbers, `action: global`, `reset` and `repeat` applied."""
    common: Document = {}
    previous: Document = {}
    for number, document in enumerate(_documents(text), 1):
        if document is None:
            continue
        if not isinstance(document, dict):
            yield number, NotSigmaError("it is no map of YAML")
            continue
        action = document.pop(ACTION, None)
        if action == "global":
            common = previous = document
        elif action == "reset":
            common = {}
        elif action == "repeat":
            previous = merged(previous, document)
            yield number, previous
        elif action is not None:
            yield number, NotSigmaError(f"unknown action '{str(action)[:40]}'")
        elif "correlation" in document or "filter" in document:
            yield number, document
        else:
            previous = merged(document, common)
            yield number, previous


def merged(under: Document, over: Document) -> Document:
    """Return a map with another laid over it, maps in it likewise."""
    result = dict(under)
    for key, value in over.items():
        below = result.get(key)
        both = isinstance(below, dict) and isinstance(value, dict)
        result[key] = merged(below, value) if both else value  # type: ignore[arg-type]  # both are maps
    return result


def _documents(text: str) -> list[Value]:
    import yaml

    if len(text) > MAX_TEXT:
        raise NotSigmaError(f"it is longer than {MAX_TEXT:,} characters")
    loader = _loader()
    try:
        _check(iter(yaml.parse(text, Loader=loader)))
        return list(yaml.load_all(text, Loader=loader))  # a safe loader
    except (yaml.YAMLError, ValueError, TypeError, OverflowError) as error:
        raise NotSigmaError(f"it is no YAML: {' '.join(str(error).split())[:200]}") from error


def _loader() -> type:
    import yaml

    base: type = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

    def construct_mapping(
        self: "yaml.SafeLoader", node: "yaml.MappingNode", deep: bool = False
    ) -> dict[object, object]:
        names = [key.value for key, _ in node.value if isinstance(key, yaml.ScalarNode)]
        if len(names) != len(set(names)):
            raise yaml.YAMLError(f"the same key twice: {next(n for n in names if names.count(n) > 1)}")
        found: dict[object, object] = base.construct_mapping(self, node, deep)  # type: ignore[attr-defined]
        return found

    return type("_Loader", (base,), {"construct_mapping": construct_mapping})


def _check(events: Iterator[object]) -> None:
    """Raise NotSigmaError for what is too deep, too much, or multiplied by aliases, before anything of it is built."""
    depth = documents = aliases = 0
    for nodes, event in enumerate(events):
        kind = type(event).__name__
        if kind.endswith(("MappingStartEvent", "SequenceStartEvent")):
            depth += 1
        elif kind.endswith(("MappingEndEvent", "SequenceEndEvent")):
            depth -= 1
        documents += kind == "DocumentStartEvent"
        aliases += kind == "AliasEvent"
        if depth > MAX_DEPTH or nodes > MAX_NODES or documents > MAX_DOCUMENTS or aliases > MAX_ALIASES:
            raise NotSigmaError("it is nested too deep, too large, or has too many aliases")
