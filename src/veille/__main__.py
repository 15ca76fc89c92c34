"""`python -m veille` is `veille`. Light on purpose: from here on an interruption ends in silence, while all the rest is still loading."""

import signal
import sys


def main() -> None:
    """The command line."""
    try:
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})  # `serve` becomes Datasette with it blocked
        from veille.cli import main as run

        run()
    except KeyboardInterrupt:
        sys.exit(130)
    except RuntimeError as exc:
        if isinstance(exc.__cause__, KeyboardInterrupt):  # it came while a class was being made, which Python 3.11 says otherwise
            sys.exit(130)
        raise


if __name__ == "__main__":
    main()
