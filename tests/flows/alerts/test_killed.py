"""kill -9 between ledger, freezing, sending and marking: none lost, no more than the one message repeated."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.flows.alerts.made_up import event, trial

ROOT = Path(__file__).resolve().parents[3]
ONCE = ("noting", "noted, not committed", "noted", "feeds written")
PER_MESSAGE = ("freezing", "frozen", "sending", "sent", "marked")
MAIL, HOOK = 1, 2  # the mail goes first
MOMENTS = [
    *((f"at-{number}", step, 1) for number, step in enumerate(ONCE)),
    *((f"at-{step}-{count}", step, count) for step in PER_MESSAGE for count in (MAIL, HOOK)),
    ("two-at-a-time", "", 0),
]


@pytest.fixture(scope="module")
def killed(tmp_path_factory, module_office, module_smtp, module_webhook):
    """What each moment came to: exit codes, states, and what arrived."""
    folder = tmp_path_factory.mktemp("killed")
    place = module_office(
        '[[subscriber]]\nname = "template"\n'
        f'channels = ["{module_smtp.url(to="template@example.org")}", "{module_webhook.url}"]\n'
        'webhook_secret = "${HOOK_SECRET}"\n'
    )
    old, new = trial("NCT00000001"), [trial(f"NCT0000002{n}", first_night=2) for n in range(3)]
    place.publish(1, [old], [event("NCT00000001", 1)])
    place.announce(1)
    place.publish(2, [old, *new], [event("NCT00000001", 1), *(event(one["nct_id"], 2) for one in new)])
    place.journal.connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    place.journal.connection.close()
    shutil.copytree(place.settings.home, folder / "template")
    (folder / "settings").mkdir()
    for path in (place.settings.watchlist, place.settings.subscribers):
        shutil.copy(path, folder / "settings" / path.name)
    (folder / "moments.json").write_text(json.dumps(MOMENTS))
    done = subprocess.run(
        [sys.executable, "-m", "tests.flows.alerts.killing", str(folder)],
        cwd=ROOT, capture_output=True, text=True, timeout=280, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return {told["name"]: told for told in map(json.loads, done.stdout.splitlines())}


@pytest.mark.parametrize(("name", "step", "count"), MOMENTS)
def test_killed_anywhere_the_next_run_tells_what_is_left_and_repeats_at_most_one_message(
    killed, module_smtp, module_webhook, name, step, count
):
    told = killed[name]
    assert told["ended"] == ([-9] if count else [0, 0])
    assert told["again"] == 0
    assert told["states"] == {"alerts": {"delivered": 12, "seeded": 2}, "alert_messages": {"delivered": 2}}
    arrived = [at for at, who in enumerate(module_smtp.box.recipients) if who == f"{name}@example.org"]
    mails = {module_smtp.box.raw[at] for at in arrived}
    bodies = [body for body in module_webhook.bodies if json.loads(body)["subscriber"] == name]
    assert len(arrived) == (2 if (step, count) == ("sent", MAIL) else 1)
    assert len(bodies) == (2 if (step, count) == ("sent", HOOK) else 1)
    assert len(mails) == len(set(bodies)) == 1  # repeated to the byte, Message-ID and idempotency key with it
    numbers = [item["nct_id"] for item in json.loads(bodies[0])["items"]]
    assert numbers == ["NCT00000022", "NCT00000021", "NCT00000020"]
