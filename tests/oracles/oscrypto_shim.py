"""Let oscrypto be imported beside an OpenSSL whose version ends in two digits.

oscrypto 1.3.0, which signify 0.9 stands on, looks for a version of three digits: of OpenSSL 3.0.19 it finds none, and
the import fails with "Error detecting the version of libcrypto". Here, and here alone, that one pattern is replaced by
one that takes more digits, for as long as the import lasts.
"""

import re
from contextlib import suppress
from typing import Any
from unittest.mock import patch

_THEIRS = r"\b(\d\.\d\.\d[a-z]*)\b"
_OURS = r"\b(\d\.\d\.\d+[a-z]*)\b"


def import_oscrypto() -> None:
    """Import oscrypto's binding of OpenSSL; without oscrypto, or where it needs no OpenSSL, nothing happens."""
    real = re.search

    def search(pattern: Any, text: Any, flags: int = 0) -> Any:
        return real(_OURS if pattern == _THEIRS else pattern, text, flags)

    with patch("re.search", search), suppress(ImportError):
        import oscrypto.asymmetric  # noqa: F401
