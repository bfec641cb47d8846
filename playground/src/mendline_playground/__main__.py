"""The `mendline-playground` command, which is `python -m mendline_playground` too."""

import sys


def main() -> int:
    """Run what was typed; answers the exit status. Ctrl-C ends it quietly also while it is loaded."""
    try:
        from mendline_playground.cli import main as run  # noqa: PLC0415 - Ctrl-C may come while it loads
    except KeyboardInterrupt:  # so early that there is nothing to stop
        return 0
    return run()


if __name__ == "__main__":
    sys.exit(main())
