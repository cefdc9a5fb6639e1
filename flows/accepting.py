"""Accepting a held run: a person looked, and says that exactly these failures are as they should be."""

from __future__ import annotations

import json
from functools import partial

from flows import night, telling
from flows.alerts.operator import RunOutcome
from flows.errors import CartrialsError
from flows.manifests import HELD
from flows.night import Report
from flows.settings import Settings
from flows.workplace import Workplace, opened


def accept(settings: Settings, run_id: str, reason: str) -> Report:
    """Publish the held run `run_id` (or the `last` one) for exactly the failures it lists.

    Its records come from the archive, so nothing is asked of a source. A run that was held before
    another was sealed cannot be accepted: its news would overwrite newer ones.
    """
    with opened(settings) as place:
        chosen = held_run(place, run_id)
        seal = place.manifests.seal(chosen, HELD)
        if seal is None:
            raise CartrialsError(f"The archive does not hold what run {chosen} pulled. Run `cartrials nightly` again.")
        sealed = place.manifests.sealed()
        if sealed and sealed[-1].number >= seal.number:
            raise CartrialsError(
                f"Run {chosen} was held before run {sealed[-1].run_id}, which is newer and "
                "published. Nothing to accept."
            )
        failures = place.journal.rows(
            "SELECT subject, check_name, observed FROM quality_results WHERE run_id = ? AND severity = 'critical' "
            "AND status IN ('failed', 'raised')",
            [chosen],
        )
        place.journal.add("acceptances", [{
            "run_id": chosen, "accepted_at": night.now(), "reason": reason, "failures": json.dumps(failures),
        }])  # fmt: skip
        place.manifests.write_seal(seal)
        report = night.keep_sealed(place, seal, check=False)
        place.journal.update("runs", {"run_id": chosen}, {"accepted_reason": reason})
        night.publish(place, seal, report)
        well = RunOutcome(chosen, report.status)
        telling.follow_up(report, {
            "alerts": partial(telling.tell_subscribers, place, report, send=True),
            "notice to the operator": partial(telling.tell_operator, settings, well),
        })  # fmt: skip
        return report


def held_run(place: Workplace, run_id: str) -> str:
    """The run meant by `run_id`. Raises CartrialsError when it is not one that was held."""
    held = [
        row["run_id"] for row in place.journal.rows("SELECT run_id FROM runs WHERE status = 'held' ORDER BY started_at")
    ]
    if not held:
        raise CartrialsError("No run is held; there is nothing to accept.")
    if run_id == "last":
        return str(held[-1])
    if run_id not in held:
        raise CartrialsError(f"Run {run_id} is not held. Held: {', '.join(held)}.")
    return run_id
