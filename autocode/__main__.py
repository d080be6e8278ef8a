"""`python -m autocode` is `autocode`."""

import sys

from autocode.cli import main

sys.exit(main())
