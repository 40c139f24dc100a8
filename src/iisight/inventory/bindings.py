"""What `runtime/assemblyBinding` tells the CLR: other versions, other places, further folders, whole names.

Source: "Configuration file schema for the .NET Framework: runtime settings" and "How the runtime locates assemblies"
of Microsoft's .NET documentation.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import islice

from iisight.catalogue import names
from iisight.inventory.references import Reference, Version, parse_reference, parse_version
from iisight.model.config import Element

NAMESPACE = "urn:schemas-microsoft-com:asm.v1"
_MOST = 10_000  # rules of one file
_MOST_FOLDERS = 64  # of one privatePath
_NEUTRAL = frozenset({"", "neutral"})


@dataclass(frozen=True, slots=True)
class Redirect:
    """Take another version for those of a range."""

    first: Version
    last: Version
    to: Version


@dataclass(frozen=True, slots=True)
class CodeBase:
    """Where the file of a version is."""

    version: Version | None  # None: any, of an assembly without a key
    href: str


@dataclass(frozen=True, slots=True)
class Rule:
    """One `dependentAssembly`."""

    token: str
    culture: str
    redirects: tuple[Redirect, ...]
    code_bases: tuple[CodeBase, ...]
    heeds_publisher: bool  # publisherPolicy

    def is_for(self, reference: Reference) -> bool:
        """Tell whether it speaks of the assembly that is looked for, the names being equal."""
        return self.token == reference.token and self.culture == reference.culture


@dataclass(frozen=True, slots=True)
class Bindings:
    """All that one file says."""

    rules: dict[str, list[Rule]] = field(default_factory=dict)  # by folded simple name
    folders: list[str] = field(default_factory=list)  # probing privatePath, as written
    whole_names: dict[str, Reference] = field(default_factory=dict)  # qualifyAssembly, by folded partial name
    linked: list[str] = field(default_factory=list)  # hrefs of linkedConfiguration
    publisher: list[bool] = field(default_factory=list)  # publisherPolicy for all assemblies

    def rules_for(self, reference: Reference) -> Iterator[Rule]:
        """Yield the rules of an assembly, in the order of the file."""
        return (rule for rule in self.rules.get(names.lower(reference.assembly), ()) if rule.is_for(reference))


def read_bindings(runtime: Element, clr: str) -> Bindings:
    """Return what a `runtime` section says to one version of the CLR (`v4.0.30319`).

    The CLR takes no notice of an `assemblyBinding` of another XML namespace.
    """
    found = Bindings()
    for element in runtime.children:
        prefix, _, name = element.name.rpartition(":")
        spaces = (element.get(f"xmlns:{prefix}", NAMESPACE),) if prefix else (element.get("xmlns"),)
        if name == "assemblyBinding" and NAMESPACE in spaces and _applies(element.get("appliesTo"), clr):
            for child in islice(element.children, _MOST):
                _read(child, found)
    return found


def redirected(version: Version, files: Iterable[Bindings], reference: Reference) -> Version:
    """Return the version that the first fitting redirect of some files leads to."""
    for bindings in files:
        for rule in bindings.rules_for(reference):
            for redirect in rule.redirects:
                if redirect.first <= version <= redirect.last:
                    return redirect.to
    return version


def code_base(version: Version | None, files: Iterable[Bindings], reference: Reference) -> str:
    """Return the href that some files give for a version of an assembly; empty when none does."""
    for bindings in files:
        for rule in bindings.rules_for(reference):
            for place in rule.code_bases:
                if place.version == version or (place.version is None and not reference.token):
                    return place.href
    return ""


def heeds_publisher(files: Iterable[Bindings], reference: Reference) -> bool:
    """Tell whether the publisher's policy counts: `publisherPolicy apply="no"` switches it off."""
    return not any(
        False in bindings.publisher or any(not rule.heeds_publisher for rule in bindings.rules_for(reference))
        for bindings in files
    )


def _applies(to: str, clr: str) -> bool:
    return not to or names.lower(clr).startswith(names.lower(to.strip()))


def _read(element: Element, found: Bindings) -> None:
    name = _local(element)
    if name == "dependentAssembly":
        _read_rule(element, found)
    elif name == "probing":
        folders = (part.strip() for part in element.get("privatePath").split(";", _MOST_FOLDERS)[:_MOST_FOLDERS])
        found.folders.extend(folder for folder in folders if folder)
    elif name == "qualifyAssembly":
        whole = parse_reference(element.get("fullName"), is_assembly=True)
        partial = parse_reference(element.get("partialName"), is_assembly=True)
        found.whole_names.setdefault(names.lower(partial.assembly), whole)
    elif name == "linkedConfiguration":
        found.linked.append(element.get("href"))
    elif name == "publisherPolicy":
        found.publisher.append(_is_heeded(element))


def _read_rule(element: Element, found: Bindings) -> None:
    parts: dict[str, list[Element]] = {}
    for child in islice(element.children, _MOST):
        parts.setdefault(_local(child), []).append(child)
    identity = next(iter(parts.get("assemblyIdentity", ())), None)
    if identity is None or not identity.get("name"):
        return
    culture, key = names.lower(identity.get("culture")), names.lower(identity.get("publicKeyToken"))
    rule = Rule(
        token="" if key == "null" else key,
        culture="" if culture in _NEUTRAL else culture,
        redirects=tuple(r for child in parts.get("bindingRedirect", ()) if (r := _redirect(child)) is not None),
        code_bases=tuple(
            CodeBase(parse_version(child.get("version")), child.get("href").strip())
            for child in parts.get("codeBase", ())
            if child.get("href").strip()
        ),
        heeds_publisher=all(_is_heeded(child) for child in parts.get("publisherPolicy", ())),
    )
    found.rules.setdefault(names.lower(identity.get("name").strip()), []).append(rule)


def _redirect(element: Element) -> Redirect | None:
    first, dash, last = element.get("oldVersion").partition("-")
    low, high = parse_version(first), parse_version(last if dash else first)
    to = parse_version(element.get("newVersion"))
    return None if low is None or high is None or to is None else Redirect(low, high, to)


def _is_heeded(element: Element) -> bool:
    return names.lower(element.get("apply").strip()) != "no"


def _local(element: Element) -> str:
    return element.name.rpartition(":")[2]
