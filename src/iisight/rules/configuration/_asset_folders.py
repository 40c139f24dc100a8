"""Folders of a site that hold what browsers fetch or visitors send, and no code that the server runs."""

import re
from collections.abc import Iterator

from iisight.evidence import paths
from iisight.rules._common import Options, Place, place_of
from iisight.rules.configuration._processes import MAX_COMMAND

ASSET_FOLDERS = (
    *("upload", "uploads", "userfiles", "media", "images", "image", "img", "css", "fonts", "aspnet_client"),
    *("app_data", "temp", "tmp"),
)
"""The default of the option `asset_folders`."""

_MAX_DEPTH = 64
_CODE = re.compile(
    r"\.(?:exe|com|scr|dll|jar|bat|cmd|ps1|psm1|vbs|vbe|wsf|wsh|hta|js|mjs|cjs|py|pyw|pl|rb|php|sh)\Z", re.IGNORECASE
)
_WORD = re.compile(r'"([^"]*)"|([^\s"|]+)')


def asset_folder(path: str, folders: frozenset[str], options: Options) -> str:
    """Return the asset folder between a path and the folder of its application; empty when there is none.

    `folders` are those of applications. An application may itself lie in a folder of such a name.
    """
    names = options["asset_folders"]
    between: list[str] = []
    at = _above(paths.fold(path))
    while at not in folders and at != _above(at) and len(between) < _MAX_DEPTH:
        between.insert(0, paths.basename(at))
        at = _above(at)
    if at not in folders and place_of(path) is not Place.CONTENT:
        return ""
    return next((name for name in between if isinstance(names, tuple) and name in names), "")


def _above(folded: str) -> str:
    return paths.parent(folded).rstrip("\\")


def asset_scope(scope: str, app: str, options: Options) -> str:
    """Return the asset folder that a configuration path leads through; the site and application may be called so."""
    names = options["asset_folders"]
    free = {0, app.count("/")}
    parts = [part for at, part in enumerate(scope.lower().split("/")) if at not in free]
    return next((part for part in parts if isinstance(names, tuple) and part in names), "")


def code_files(command: str, folder: str = "") -> Iterator[str]:
    """Yield the paths of scripts and programs that a command line names; relative ones as seen from `folder`."""
    for quoted, plain in _WORD.findall(command[:MAX_COMMAND]):
        word = (quoted or plain).strip("'`()&;,")
        if _CODE.search(word) and "://" not in word and "%" not in word and (folder or paths.is_absolute(word)):
            yield paths.join(folder, word)
