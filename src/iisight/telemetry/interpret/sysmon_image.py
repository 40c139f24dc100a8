"""Sysmon 7: images that a worker process loaded, except stock files in their places that Microsoft signed.

Assemblies that the CLR loads from memory or shadow copies need not appear here.
"""

from iisight.catalogue.lookup import catalogue
from iisight.evidence import paths
from iisight.model.activity import WORKER, Act, Action, Actor
from iisight.model.event import Event
from iisight.model.need import AllOf, literal
from iisight.telemetry.interpret._actors import is_worker, sysmon
from iisight.telemetry.interpret._fields import text
from iisight.telemetry.interpret._places import Area, Watch, area_of, fold

READS = frozenset({("microsoft-windows-sysmon", 7)})
NEED = AllOf((literal("Sysmon"), literal("w3wp")))

_MICROSOFT = ("microsoft windows", "microsoft corporation", "microsoft windows publisher")
_OWN = ("\\windows\\", "\\program files\\")  # where a signed file of Microsoft's says nothing


def read(event: Event, watch: Watch) -> tuple[Actor, tuple[Action, ...]]:
    """Return the image that was loaded."""
    actor, image = sysmon(event), text(event, "ImageLoaded")
    area = area_of(image, watch)
    if not is_worker(actor.process) or not image or (area is not Area.WATCHED and _is_ordinary(event, image, area)):
        return actor, ()
    action = Action(
        Act.LOAD,
        WORKER,
        paths.normal(image),
        name=area.value if area else "",
        code=paths.normal(image),
        note=_signature(event),
    )
    return actor, (action,)


def _is_ordinary(event: Event, image: str, area: Area | None) -> bool:
    """Tell whether it is Windows' own: signed by Microsoft in Windows' folders, or a native image of one."""
    folded = fold(image)
    if area in (Area.BIN, Area.TEMPORARY, Area.CONTENT, Area.APP_CODE):
        return False
    if "\\assembly\\nativeimages_" in folded and folded.endswith(".ni.dll"):  # ngen images are never signed
        return True
    valid = text(event, "Signed").lower() == "true" and text(event, "SignatureStatus").lower() == "valid"
    if not valid or text(event, "Signature").lower() not in _MICROSOFT:
        return False
    if area is Area.INETSRV:
        return catalogue().image_owner(image) is not None
    return folded[2:].startswith(_OWN)


def _signature(event: Event) -> str:
    signed = text(event, "Signed").lower()
    if signed != "true":
        return "not signed" if signed == "false" else ""
    parts = (text(event, "Signature"), text(event, "SignatureStatus"))
    return "signed: " + ", ".join(filter(None, parts))
