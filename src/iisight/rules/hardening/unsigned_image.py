"""IIS921: code that IIS loads and no trusted signature vouches for; what a signed-only policy would block today."""

from collections.abc import Iterable, Iterator

from iisight.model.binary import Binary
from iisight.model.component import Component
from iisight.model.finding import Severity
from iisight.model.locator import Locator
from iisight.model.posture import Input, Point, Subject
from iisight.model.signature import Signature, SignatureState
from iisight.rules._common import Options
from iisight.rules.hardening._host import Host
from iisight.rules.hardening._points import check_info, failed, named, not_applicable, passed, plural, unknown
from iisight.rules.hardening.code_folder_writable import images_of

INFO = check_info(
    "IIS921",
    "Registered image without a trusted signature",
    Severity.HIGH,
    "M1045",
    "Find out whose each image is that nobody signed, and replace it by one that its maker signed, or take it out",
    Input.CONFIGURATION,
    Input.WEB_CONFIGS,
    mechanisms=("L-01", "L-05", "L-06"),
)
_BAD = frozenset({SignatureState.UNTRUSTED, SignatureState.BROKEN, SignatureState.NONE})
HOW = "the image, and the signature catalogues below C:\\Windows\\System32\\CatRoot (--catalogues)"


def check(host: Host, _options: Options) -> Iterable[Point]:
    """Yield every image that a policy for signed code alone would block, those nobody can tell of, and the rest."""
    server = host.server
    if server is None:
        return
    said = list(signature_points(images_of(host, server)))
    yield from said
    if not said:
        yield not_applicable("the configuration names no image")


def signature_points(components: Iterable[Component]) -> Iterator[Point]:
    """Yield each file of components whose signature fails, those nobody can tell of, and the rest."""
    good: list[Subject] = []
    untold: list[Subject] = []
    for subject, signature, component in sorted(_images(components), key=lambda found: found[0].name.lower()):
        if signature is None or signature.state is SignatureState.UNKNOWN:
            untold.append(subject)
        elif signature.state in _BAD and not any(other.is_trusted for other in signature.others):
            place = component.registrations[0].locator if component.registrations else Locator(subject.name)
            message = f"{subject.name} of '{component.name}' would be blocked: {signature.summary}"
            yield failed(message, place, Locator(subject.name), subjects=[subject])
        else:
            good.append(subject)
    if untold:
        message = f"the signature of {plural(len(untold), 'image')} is not known: {named(s.name for s in untold)}"
        yield unknown(message, [HOW], subjects=untold)
    if good:
        yield passed(f"{plural(len(good), 'image')} with a signature that leads to a trusted root", subjects=good)


def _images(components: Iterable[Component]) -> Iterator[tuple[Subject, Signature | None, Component]]:
    """Yield each file once, with its signature and a component that names it."""
    seen: set[str] = set()
    for component in components:
        files: list[Binary | None] = [component.binary, *([component.twin] if component.twin else [])]
        for binary in files:
            path = (component.image or component.type or component.name) if binary is None else binary.path
            if path.lower() not in seen:
                seen.add(path.lower())
                signature = None if binary is None or binary.examination is None else binary.examination.signature
                yield _subject(path, binary, signature), signature, component


def _subject(path: str, binary: Binary | None, signature: Signature | None) -> Subject:
    signer = None if signature is None else signature.signer
    facts = {
        "state": "" if signature is None else str(signature.state),
        "publisher": "" if signature is None else signature.publisher,
        "thumbprint": "" if signer is None else signer.thumbprint,
        "sha256": "" if binary is None else binary.sha256,
    }
    return Subject("image", path, tuple((name, value) for name, value in facts.items() if value))
