"""`python -m mendline` is the `mendline` command."""

import sys

from mendline.cli import main

if __name__ == "__main__":
    sys.exit(main())
