"""The `mendline` command, which is `python -m mendline` too."""

import sys


def main() -> int:
    """Run what was typed; answers the exit status. Ctrl-C ends it quietly also while it is loaded."""
    try:
        from mendline.cli.main import main as run  # noqa: PLC0415 - Ctrl-C may come while it loads
    except KeyboardInterrupt:
        return 130
    return run()


if __name__ == "__main__":
    sys.exit(main())
