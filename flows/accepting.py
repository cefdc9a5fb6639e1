"""Accepting a held run: a person looked, and says that exactly these failures are as they should be."""

from __future__ import annotations

import json
from functools import partial

from expectations.results import Acceptance
from flows import night, telling
from flows.alerts.operator import RunOutcome
from flows.errors import CartrialsError
from flows.manifests import HELD, Seal
from flows.night import Report, Run
from flows.outside import REAL, Outside
from flows.settings import Settings
from flows.watchlist import load as load_watchlist
from flows.workplace import Workplace, opened


def accept(settings: Settings, run_id: str, reason: str, outside: Outside = REAL) -> Report:
    """Publish the held run `run_id` (or the `last` one) for exactly the failures it lists.

    Its records come from the archive, so nothing is asked of a source. A run that was held before
    another was sealed cannot be accepted: its news would overwrite newer ones.
    """
    watchlist = load_watchlist(settings.watchlist)
    with opened(settings, outside) as place:
        run, seal = held_run(place, run_id)
        listed = json.dumps(place.journal.rows(
            "SELECT subject, check_name, observed FROM quality_results WHERE run_id = ? AND severity = 'critical' "
            "AND status IN ('failed', 'raised')",
            [run.run_id],
        ))  # fmt: skip
        place.journal.add("acceptances", [{
            "run_id": run.run_id, "accepted_at": outside.clock(), "reason": reason, "failures": listed,
        }])  # fmt: skip
        place.journal.update("runs", {"run_id": run.run_id}, {"accepted_reason": reason})
        report = night.complete(
            place, run, seal, place.manifests.of_run(run.run_id), watchlist, acceptance=Acceptance.from_json(listed)
        )
        well = RunOutcome(run.run_id, report.status)
        telling.follow_up(report, {
            "alerts": partial(telling.tell_subscribers, place, report, send=True),
            "report": partial(telling.write_report, settings),
            "notice to the operator": partial(telling.tell_operator, settings, well, outside),
        })  # fmt: skip
        return report


def held_run(place: Workplace, run_id: str) -> tuple[Run, Seal]:
    """The held run meant by `run_id`, and what it is to be remembered by.

    Raises CartrialsError when it was not held, or was overtaken by a run that is published.
    """
    rows = place.journal.rows(
        "SELECT run_id, clock_at, kind, source FROM runs WHERE status = 'held' ORDER BY started_at"
    )
    if not rows:
        raise CartrialsError("No run is held; there is nothing to accept.")
    held = {str(row["run_id"]): row for row in rows}
    chosen = list(held)[-1] if run_id == "last" else run_id
    if chosen not in held:
        raise CartrialsError(f"Run {run_id} is not held. Held: {', '.join(held)}.")
    seal = place.manifests.seal(chosen, HELD)
    if seal is None:
        raise CartrialsError(f"The archive does not hold what run {chosen} pulled. Run `cartrials nightly` again.")
    sealed = place.manifests.sealed()
    if sealed and sealed[-1].number >= seal.number:
        raise CartrialsError(
            f"Run {chosen} was held before run {sealed[-1].run_id}, which is newer and published. Nothing to accept."
        )
    return Run(chosen, seal.clock, held[chosen]["kind"], held[chosen]["source"]), seal
