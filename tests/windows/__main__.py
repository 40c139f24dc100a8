"""`python -m tests.windows [PYTEST ARGUMENTS]`: run the Windows tests in Wine; `make test-windows`.

Exit status: pytest's; 69 when a tool is missing (with `--if-there`: 0, and it is said).
"""

import subprocess
import sys

from tests.windows.environment import INSTALL, MissingToolError, build

UNAVAILABLE = 69
_SHARED = ("paths", "sources", "mount", "host_listing", "host_rounds", "registry", "notices", "notice_parts", "win32")
SUITE = ("tests/windows", *(f"tests/unit/test_{name}.py" for name in _SHARED))


def main(arguments: list[str]) -> int:
    """Build the environment and run pytest in it."""
    is_optional = "--if-there" in arguments
    chosen = [a for a in arguments if a != "--if-there"]
    try:
        wine = build()
    except MissingToolError as error:
        outcome = "the tests for Windows are skipped" if is_optional else "the tests for Windows cannot run"
        print(f"{outcome}: {error} is not installed. On Debian: {INSTALL}", file=sys.stderr)
        return 0 if is_optional else UNAVAILABLE
    except subprocess.CalledProcessError as error:
        print(f"the Windows Python could not be built: {error}", file=sys.stderr)
        return UNAVAILABLE
    named = any(not argument.startswith("-") for argument in chosen)
    return wine.run("-m", "pytest", "-p", "no:cacheprovider", *chosen, *(() if named else SUITE))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
