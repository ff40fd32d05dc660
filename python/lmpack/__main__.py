"""`python -m lmpack`: the command line."""

import sys

from lmpack.cli.main import main

sys.exit(main())
