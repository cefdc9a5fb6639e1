"""Apprise in a process of its own: it owns its sockets, and some of its services wait without an end.

What is sent goes through the process's standard input, whose end is also the end of the process: with its parent, or
when the time is over. Addresses are secrets: they are in no argument and in no environment.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading

from flows.alerts.channels.errors import DeliveryFailed
from flows.alerts.subscribers.addresses import Address
from flows.process.children import STDIN, end_with_stdin

TAKEN, NOT_TAKEN = "taken", "not taken"
READY = b"ready\n"
START = 120  # seconds that the process may take to import Apprise: a busy machine is not the channel's fault


def notify(kind: str, url: str, title: str, text: str, within: float) -> None:
    """Hand a message to the service of an Apprise address.

    Raises DeliveryFailed, `within` seconds after it was asked at the latest.
    """
    given = json.dumps({"url": url, "title": title, "text": text}).encode() + b"\n"
    with subprocess.Popen(
        [sys.executable, "-m", __name__], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
        start_new_session=True,
    ) as process:  # fmt: skip
        try:
            said = _asked(process, given, within)
        except subprocess.TimeoutExpired:
            raise DeliveryFailed(f"{kind} did not answer within {within:g} seconds", may_retry=True) from None
        except BrokenPipeError:
            said = ""
        finally:
            process.kill()
    if said != TAKEN:
        reason = "did not take it" if said == NOT_TAKEN else f"could not be asked ({said or 'its process ended'})"
        raise DeliveryFailed(f"{kind} {reason}", may_retry=True)


def _asked(process: subprocess.Popen[bytes], given: bytes, within: float) -> str:
    """What the process says of the message; nothing where it did not start. Raises TimeoutExpired."""
    assert process.stdin is not None and process.stdout is not None
    start = threading.Timer(START, process.kill)
    start.start()
    is_ready = process.stdout.readline() == READY
    start.cancel()
    if not is_ready:
        return ""
    process.stdin.write(given)
    process.stdin.flush()
    process.wait(within)
    return process.stdout.read().decode()


def main() -> None:
    """Send what standard input holds, and say on standard output how that went."""
    Address("", "json://localhost").plugin()  # Apprise loads all it knows: a while that is no part of the answer's
    print(READY.decode(), end="", flush=True)  # noqa: T201
    line = b""
    while not line.endswith(b"\n"):
        more = os.read(STDIN, 65536)
        if not more:
            return
        line += more
    end_with_stdin()
    print(_notified(**json.loads(line)), end="", flush=True)  # noqa: T201  (it is how the parent hears)


def _notified(url: str, title: str, text: str) -> str:
    import apprise

    try:
        taken = Address("", url).plugin().notify(body=text, title=title, body_format=apprise.NotifyFormat.TEXT)
    except (TypeError, ValueError, OSError) as error:
        return type(error).__name__
    return TAKEN if taken else NOT_TAKEN


if __name__ == "__main__":
    main()
