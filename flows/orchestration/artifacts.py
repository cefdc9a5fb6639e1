"""Prefect artifacts: the run's table, where an operator who watches Prefect looks."""

from __future__ import annotations

from collections.abc import Sequence

from prefect.artifacts import create_markdown_artifact, create_table_artifact

from flows.runs.run import Report
from transforms.shown import shown

LINE_SHOWN = 300  # characters


def show(reports: Sequence[Report]) -> None:
    """One table of what each night did, and the pulls of the last."""
    if not reports:
        return
    create_table_artifact(
        key="nights",
        table=[
            {"run": r.run_id, "status": r.status, "new trials": r.trials_new, "changed trials": r.trials_changed,
             "new papers": r.papers_new, "events": r.events, "quarantined": r.quarantined,
             "warnings": len(r.warnings), "fingerprint": (r.fingerprint or "")[:12]}
            for r in reports
        ],
        description="What each night of this run did",
    )  # fmt: skip
    lines = [shown(f"- {m.source} · {m.leg}: {len(m.records)} records", LINE_SHOWN) for m in reports[-1].pulls]
    create_markdown_artifact(
        key="pulls", markdown="\n".join(lines) or "Nothing was pulled.", description="The last night's legs"
    )
