"""Registry hives (`SYSTEM`, `SOFTWARE`) of copied evidence, their transaction logs, and the registry they make up.

The reader is our own and small: what a scan asks is a few hundred keys by path, and what it reads is hostile.
`docs/design/registry.md` has what libraries were measured and why none of them is used to read.
"""

from iisight.parsers.registry.hive import Hive, is_hive
from iisight.parsers.registry.hives import HiveRegistry
from iisight.parsers.registry.live import LiveRegistry
from iisight.parsers.registry.logs import Recovered, recover
from iisight.parsers.registry.memory import MemoryRegistry

__all__ = ["VERSION", "Hive", "HiveRegistry", "LiveRegistry", "MemoryRegistry", "Recovered", "is_hive", "recover"]

VERSION = 1
