"""`python -m veille` is `veille`. Light on purpose: from here on an interruption ends in silence, while all the rest is still loading."""

import signal
import sys


def main() -> None:
    """The command line."""
    try:
        if sys.argv[1:2] == ["datasette"] and signal.getsignal(signal.SIGINT) is signal.default_int_handler:
            # A server that starts ends at once: an exception raised in whatever runs just then may be swallowed there. Once it serves,
            # uvicorn listens in its place, ends what it has begun, and sends itself the signal again.
            signal.signal(signal.SIGINT, signal.SIG_DFL)
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
