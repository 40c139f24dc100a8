"""What would answer the checks that do not pass: changes, files that policies may allow, and what a person has to do.

Nothing here changes anything, and nothing is run: `report/policies` writes it out for a person to review.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping

from iisight._version import __version__
from iisight.engine.registry import LOOKING, Rule, all_rules
from iisight.engine.remedies import _configuration, _recording, _rights
from iisight.engine.remedies._causes import Asked, Remedy
from iisight.engine.remedies._images import images_of
from iisight.engine.scan import report_on
from iisight.engine.settings import Settings
from iisight.evidence import paths
from iisight.evidence.source import Source
from iisight.examine.look import Look
from iisight.inventory.config.build import Server
from iisight.model.posture import Answer, Posture
from iisight.model.remedy import ByHand, Cause, Change, Remedies, Rights, Watched
from iisight.model.report import Judged
from iisight.rules.hardening import file_changes_unrecorded, registry_changes_unrecorded
from iisight.rules.hardening._host import Host
from iisight.rules.hardening.code_folder_writable import images_of as loaded_images

MAX_CHANGES = 20_000
_Answerer = Callable[[Asked], Iterable[Remedy]]
_POLICIES = (
    "Review wdac.xml and applocker.xml, deploy one of them in audit mode, read its events, and enforce it when nothing "
    "that is needed is in them"
)
_BY_HAND: Mapping[str, str] = {"IIS916": _POLICIES, "IIS922": _POLICIES}
_ANSWERERS: Mapping[str, _Answerer] = {
    "IIS901": _configuration.pool_identities,
    "IIS903": _rights.of_administrators,
    "IIS904": _rights.of_administrators,
    "IIS905": _rights.of_content,
    "IIS906": _rights.of_content,
    "IIS907": _recording.remote_service,
    "IIS911": _configuration.unlisted_code,
    "IIS912": _configuration.execute_permission,
    "IIS913": _configuration.delegated_sections,
    "IIS914": _configuration.dynamic_modules,
    "IIS931": _recording.configuration_channel,
    "IIS932": _recording.process_creation,
    "IIS933": _recording.file_changes,
    "IIS934": _recording.registry_changes,
    "IIS935": _recording.powershell,
    "IIS936": _configuration.history,
    "IIS937": _configuration.request_logs,
    "IIS938": _configuration.log_fields,
    "IIS939": _configuration.log_targets,
    "IIS940": _rights.of_logs,
    "IIS941": _recording.log_sizes,
}
"""Checks that a change answers. All others are left to a person, with the remedy that the check has."""


def remedies_of(
    host: Host,
    posture: Posture,
    source: Source,
    settings: Settings | None = None,
    look: Look | None = None,
    rules: Iterable[Rule] | None = None,
) -> Remedies:
    """Return what would answer the checks of a posture that do not pass. Verdicts are those of a scan without logs."""
    server, chosen, close = host.server, settings or Settings(), look or Look()
    if server is None:
        return _nothing(posture)
    judged = _judged(host, chosen, tuple(all_rules(*LOOKING) if rules is None else rules))
    allowed, left_out = images_of(judged, server, source, close)
    found = list(_remedies(host, server, posture))
    changes = tuple(_distinct(change for change in found if not isinstance(change, ByHand)))
    by_hand = [*(remedy for remedy in found if isinstance(remedy, ByHand)), *_too_many(changes)]
    return Remedies(
        version=__version__,
        evidence=posture.evidence,
        windir=server.variables.get("windir", "C:\\Windows"),
        changes=changes[:MAX_CHANGES],
        by_hand=tuple(dict.fromkeys(by_hand)),
        allowed=tuple(allowed),
        left_out=tuple(left_out),
        watched=_watched(host, server),
    )


def _judged(host: Host, settings: Settings, rules: tuple[Rule, ...]) -> tuple[Judged, ...]:
    return report_on(host.inventory, settings, rules).components


def _remedies(host: Host, server: Server, posture: Posture) -> Iterator[Remedy]:
    for result in posture.checks:
        if result.answer not in {Answer.FAIL, Answer.UNKNOWN}:
            continue
        asked, answerer = Asked(host, server, result), _ANSWERERS.get(result.id)
        found = [] if answerer is None else list(answerer(asked))
        yield from found
        if not found:
            remedy = _BY_HAND.get(result.id, "")
            yield from (asked.by_hand(point, remedy) for point in asked.points(result.answer))


def _too_many(changes: tuple[Change, ...]) -> Iterator[ByHand]:
    """Yield what is said of changes beyond the most that scripts hold."""
    if len(changes) > MAX_CHANGES:
        said = f"{len(changes) - MAX_CHANGES:,} of {len(changes):,} changes are in no script: it holds {MAX_CHANGES:,}"
        yield ByHand(Cause("", Answer.UNKNOWN, said), "Run the scripts, and write them again from new evidence")


def _distinct(changes: Iterable[Change]) -> Iterator[Change]:
    """Yield changes, what is asked for twice once; rights of one object that two checks take away in one."""
    seen: dict[object, Change] = {}
    for change in changes:
        key = _key(change)
        held = seen.get(key)
        if isinstance(held, Rights) and isinstance(change, Rights):
            accounts = tuple(dict.fromkeys((*held.accounts, *change.accounts)))
            cause = held.cause if held.cause.question or not change.cause.question else change.cause
            seen[key] = Rights(cause, held.path, accounts, held.gives_owner or change.gives_owner)
        else:
            seen.setdefault(key, change)
    yield from seen.values()


def _key(change: Change) -> object:
    """Return what a change is about, without its cause."""
    if isinstance(change, Rights):
        return Rights, paths.fold(change.path)
    names = [name for name in change.__dataclass_fields__ if name != "cause"]
    return type(change), *(getattr(change, name) for name in names)


def _watched(host: Host, server: Server) -> Watched:
    places = [target.path for target in file_changes_unrecorded.targets(server)]
    content = {paths.fold(p): p for app in server.apps if (p := server.expand(app.physical_path))}
    images = {c.image for c in loaded_images(host, server) if c.image and paths.is_absolute(c.image)}
    modules = sorted({paths.parent(i) for i in images if "%" not in i}, key=lambda p: (p.lower(), p))
    folders = {paths.fold(p): p for p in (*places, *modules) if paths.fold(p) not in content}
    keys = tuple(target.path for target in registry_changes_unrecorded.TARGETS)
    return Watched(tuple(folders.values()), tuple(content[key] for key in sorted(content)), keys)


def _nothing(posture: Posture) -> Remedies:
    cause = Cause("", Answer.UNKNOWN, "there is no server in the evidence")
    causes = (ByHand(cause, "Give evidence that holds applicationHost.config"),)
    return Remedies(__version__, posture.evidence, "C:\\Windows", (), causes, (), (), Watched((), (), ()))
