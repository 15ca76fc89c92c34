"""`python -m veille` is `veille`. Light on purpose: from here on an interruption ends in silence, while all the rest is still loading."""

import sys


def main() -> None:
    """The command line."""
    try:
        from veille.cli import main as run

        run()
    except KeyboardInterrupt:
        sys.exit(130)


if __name__ == "__main__":
    main()
