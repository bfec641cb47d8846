"""`python -m mendline_playground`."""

import sys

from mendline_playground.cli import main

if __name__ == "__main__":
    sys.exit(main())
