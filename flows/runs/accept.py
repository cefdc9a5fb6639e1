"""Accepting a held run: a person looked, and says that exactly these failures are as they should be."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from expectations.results import Acceptance
from flows.alerts.announce import announce, subscribers_of
from flows.alerts.forecast import forecast
from flows.alerts.operator import RunOutcome
from flows.config.outside import REAL, Outside
from flows.config.settings import Settings
from flows.config.watchlist import load as load_watchlist
from flows.errors import CartrialsError, SettingsError
from flows.process import stopping
from flows.runs import lifecycle, notify
from flows.runs.run import Report, Run
from flows.storage.data_folder import DataFolder, open_data_folder
from flows.storage.manifests import HELD
from flows.storage.seal import Seal


@dataclass(frozen=True)
class Asked:
    """What a person asks who accepts: `say` is given each sentence of what would be told to whom, before it is done."""

    reason: str
    tell_removals: bool = False
    dry_run: bool = False
    say: Callable[[str], None] = lambda _sentence: None


def accept(settings: Settings, run_id: str, asked: Asked | str, outside: Outside = REAL) -> Report:
    """Publish the held run `run_id` (or the `last` one) for exactly the failures it lists.

    It is said before what would be told to whom; a dry run ends there. `asked` may be the reason alone.

    Its records come from the archive, so nothing is asked of a source. A run that was held before
    another was sealed cannot be accepted: its news would overwrite newer ones. Raises SettingsError without a reason.
    """
    stopping.begin_work()
    asked = Asked(asked) if isinstance(asked, str) else asked
    if not asked.reason.strip():
        raise SettingsError("The reason is empty; it is kept with the release: --reason TEXT says why it is published.")
    watchlist = load_watchlist(settings.watchlist)
    subscribers = subscribers_of(settings, watchlist)
    with open_data_folder(settings, outside) as place:
        run, seal = held_run(place, run_id)
        listed = json.dumps(place.journal.rows(
            "SELECT subject, check_name, observed FROM quality_results WHERE run_id = ? AND severity = 'critical' "
            "AND status IN ('failed', 'raised')",
            [run.run_id],
        ))  # fmt: skip
        if not asked.dry_run:
            place.journal.add("acceptances", [{
                "run_id": run.run_id, "accepted_at": outside.clock(), "reason": asked.reason, "failures": listed,
            }])  # fmt: skip
            place.journal.update("runs", {"run_id": run.run_id}, {"accepted_reason": asked.reason})

        def say_what_is_told() -> None:
            told = forecast(
                place.journal, place.connection, subscribers, watchlist, seal, tell_removals=asked.tell_removals
            )
            for sentence in told:
                asked.say(sentence)

        report = lifecycle.complete(
            place, run, seal, place.manifests.of_run(run.run_id), watchlist, dry_run=asked.dry_run,
            acceptance=Acceptance.from_json(listed), before_sealing=say_what_is_told,
        )  # fmt: skip
        if asked.dry_run:
            return report
        tell = partial(announce, tell_removals=asked.tell_removals)
        well = RunOutcome(run.run_id, report.status)
        notify.follow_up(report, {
            "alerts": partial(notify.tell_subscribers, place, report, send=True, announce=tell),
            **notify.pages(settings),
            "notice to the operator": partial(notify.tell_operator, settings, well, outside),
        })  # fmt: skip
        return report


def held_run(place: DataFolder, run_id: str) -> tuple[Run, Seal]:
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
