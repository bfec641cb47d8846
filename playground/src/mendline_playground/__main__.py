"""`python -m mendline_playground`."""

import sys

if __name__ == "__main__":
    try:
        from mendline_playground.cli import main
    except KeyboardInterrupt:  # so early that there is nothing to stop
        sys.exit(0)
    sys.exit(main())
