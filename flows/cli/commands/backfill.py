"""`cartrials backfill history`: what the registry's own history says of tracked trials."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from flows.backfill.history import Backfilled, backfill_history
from flows.config.settings import Settings
from flows.errors import UsageError
from transforms.nct import number_of


def run_history(settings: Settings, nct_ids: Sequence[str]) -> int:
    """Read earlier versions and say what they brought."""
    numbers = [number_of(nct_id) or nct_id for nct_id in nct_ids]
    if wrong := [number for number in numbers if number_of(number) is None]:
        raise UsageError(f"{wrong[0]!r} is no NCT number; expected NCT and eight digits.")
    print(describe_backfill(backfill_history(settings, numbers, lambda line: print(line, file=sys.stderr))))
    return 0


def describe_backfill(found: Backfilled) -> str:
    """What a backfill brought, in a few lines."""
    lines = [f"{found.trials} trials asked about, {found.versions} earlier versions are new."]
    if found.absent:
        lines.append(f"{found.absent} versions are listed by the registry, which then has them not.")
    if found.unreadable:
        lines.append(
            f"{found.unreadable} versions cannot be read and wait in quarantine, the others are kept: "
            "`cartrials status` names them."
        )
    if found.versions:
        lines.append(f"{found.events} events of the past noted; nobody is told of them.")
        lines.append(f"Published run {found.run_id}, fingerprint {found.fingerprint}.")
    else:
        lines.append("Nothing changed.")
    return "\n".join(lines)
