"""`python -m iisight`."""

import sys

from iisight.cli.main import main

sys.exit(main())
