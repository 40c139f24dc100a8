"""What stands here runs in a Windows process and is not collected elsewhere."""

import sys

collect_ignore_glob = [] if sys.platform == "win32" else ["test_*.py"]
