"""Compile iisight's Sigma rules when it is built, so that it needs no pySigma when it runs."""

import sys
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class CompileRules(BuildHookInterface):  # type: ignore[type-arg]  # of any builder's configuration
    """Write the compiled rules beside the tables, and into the wheel although git ignores them."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Compile; a rule that may not ship ends the build."""
        source = Path(self.root) / "src"
        sys.path.insert(0, str(source))
        try:
            from iisight.sigma.load import STORED, compile_shipped

            compiled = compile_shipped(source / "iisight" / "rules" / "events")
        finally:
            sys.path.remove(str(source))
        target = Path("src", "iisight", "sigma", "data", STORED)
        (Path(self.root) / target).write_bytes(compiled)
        build_data["artifacts"].append(target.as_posix())
