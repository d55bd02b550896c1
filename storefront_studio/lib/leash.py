"""Ends the process groups of a supervisor that was killed before it could do so itself.

Run as a script by `supervisor`, which holds the other end of standard input: it writes `+GROUP` when a group begins
and `-GROUP` when it has ended. The end of input means that the supervisor is gone, however it went.
"""

import os
import signal
import sys
import time


def end(groups: set[int], seconds: float) -> None:
    """SIGTERM to each group's leader, which may have to tidy up; SIGKILL to all of the group when time is up."""
    for group in groups:
        send(group, signal.SIGTERM)
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline and any(exists(group) for group in groups):
        time.sleep(0.1)
    for group in groups:
        try:
            os.killpg(group, signal.SIGKILL)
        except ProcessLookupError:
            continue


def send(pid: int, number: int) -> None:
    try:
        os.kill(pid, number)
    except ProcessLookupError:
        return


def exists(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def main() -> None:
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)  # it ends with its supervisor, not before
    groups: set[int] = set()
    for line in sys.stdin:
        (groups.add if line[0] == "+" else groups.discard)(int(line[1:]))
    end(groups, float(sys.argv[1]))


if __name__ == "__main__":
    main()
