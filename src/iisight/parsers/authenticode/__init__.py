"""Read Authenticode signatures and catalogues within bounds, whatever the bytes; nothing is verified here.

Sources: "Windows Authenticode Portable Executable Signature Format" (Microsoft, 2008), RFC 5652 (CMS), RFC 5280
(X.509), RFC 3161 (timestamps), and the certificate trust lists of Windows' wincrypt.h and mscat.h. We read the
structures ourselves: they come from a machine an intruder owned, and libraries refuse real certificates that
Windows takes (policy texts with odd characters, serial numbers that are negative).
"""

from iisight.parsers.authenticode.cms import SignedData, Signer, parse_signed_data
from iisight.parsers.authenticode.content import (
    Imprint,
    IndirectData,
    PageHashes,
    read_imprint,
    read_indirect_data,
)
from iisight.parsers.authenticode.ctl import is_catalogue, read_member
from iisight.parsers.authenticode.der import IndefiniteLengthError
from iisight.parsers.authenticode.x509 import X509, read_certificate

VERSION = 1

__all__ = [
    "VERSION",
    "X509",
    "Imprint",
    "IndefiniteLengthError",
    "IndirectData",
    "PageHashes",
    "SignedData",
    "Signer",
    "is_catalogue",
    "parse_signed_data",
    "read_certificate",
    "read_imprint",
    "read_indirect_data",
    "read_member",
]
