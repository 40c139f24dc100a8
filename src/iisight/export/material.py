"""The Sigma texts there are for rules: their own, or one that says nearly the same, and why there is none."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from importlib import resources

from iisight.engine.registry import Rule
from iisight.engine.sigma_rules import GROUP
from iisight.export.made import Unsaid
from iisight.export.tables import table


@dataclass(frozen=True, slots=True)
class SigmaText:
    """A file of Sigma rules."""

    name: str  # file stem
    text: str
    rules: tuple[str, ...] = ()  # ids of the rules it speaks for; the user's has none
    exact: bool = True  # it is the rule itself, and not one that matches more
    also: tuple[str, ...] = ()  # cases in which the rules' pages stay quiet and it does not: `IIS301: A list`


def sigma_texts(rules: Iterable[Rule]) -> tuple[list[SigmaText], list[Unsaid]]:
    """Return the texts that speak for rules, by name, and the rules for which none does."""
    wanted = {rule.info.id: rule for rule in rules}
    texts = [*_own(wanted.values()), *_approximations(set(wanted))]
    said = {rule for text in texts for rule in text.rules}
    unsaid = [_unsaid(rule) for key, rule in wanted.items() if key not in said]
    return sorted(texts, key=lambda text: text.name), sorted(unsaid)


def approximations() -> dict[str, str]:
    """Return the texts of all approximations by name."""
    folder = resources.files("iisight.export").joinpath("approximations")
    files = sorted((file for file in folder.iterdir() if file.name.endswith(".yml")), key=lambda file: file.name)
    return {file.name.removesuffix(".yml"): _read(file.read_text("utf-8")) for file in files}


def _own(rules: Iterable[Rule]) -> Iterator[SigmaText]:
    folder = resources.files("iisight").joinpath("rules", GROUP)
    for rule in rules:
        file = folder.joinpath(f"{rule.name}.yml")
        if rule.group == GROUP and file.is_file():
            yield SigmaText(rule.name, _read(file.read_text("utf-8")), (rule.info.id,))


def _approximations(wanted: set[str]) -> Iterator[SigmaText]:
    texts = approximations()
    rows = [row for row in table("approximations") if row["rule"] in wanted]
    for name in dict.fromkeys(row["approximation"] for row in rows):
        own = [row for row in rows if row["approximation"] == name]
        also = tuple(f"{row['rule']}: {case}" for row in own for case in row["also"].split(" | ") if case)
        yield SigmaText(name, texts[name], tuple(row["rule"] for row in own), exact=False, also=also)


def _read(text: str) -> str:
    return text.replace("\r\n", "\n")


def _unsaid(rule: Rule) -> Unsaid:
    reasons: Sequence[str] = [row["reason"] for row in table("unsaid") if row["rule"] == rule.info.id]
    by_group = [row["reason"] for row in table("groups") if row["group"] == rule.group]
    return Unsaid(rule.info.id, rule.info.title, next(iter([*reasons, *by_group]), "has no Sigma text"))
