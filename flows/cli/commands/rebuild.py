"""`cartrials rebuild`: the content tables again from the archive, and whether they say the same."""

from __future__ import annotations

import sys

from flows.cli.commands.report import write_report_again
from flows.config.settings import Settings
from flows.errors import FOLLOW_UP_FAILED
from flows.runs.rebuild import rebuild
from flows.runs.reprofile import Reprofiled, reprofile


def run_rebuild(settings: Settings, *, only_profiles: bool) -> int:
    """Rebuild, print fingerprints by table, and name the tables that say something else than before."""
    if only_profiles:
        return _run_reprofile(settings)
    result = rebuild(settings, _progress)
    for name, value in result.after.items():
        mark = "changed" if name in result.differing else ("same" if name in result.before else "new")
        print(f"{value}  {name}  {mark}")
    for difference in (*result.tables, *result.events):
        print(difference)
    told = (
        f"{len(result.differing)} tables say something else"
        if result.differing
        else "every table says the same as before"
    )
    print(f"Rebuilt from {result.runs} runs: {told if result.before else 'there was no release to compare with'}.")
    problem = write_report_again(settings)
    if result.trouble:
        print(f"problem: published, but what it says otherwise could not be told ({result.trouble}).")
        return FOLLOW_UP_FAILED
    return problem


def _run_reprofile(settings: Settings) -> int:
    """Do all profiles again, and print which trials and papers changed and how."""
    result = reprofile(settings, _progress)
    for difference in result.differences:
        print(difference)
    print(_summary(result))
    return write_report_again(settings)


def _summary(result: Reprofiled) -> str:
    changed = {difference.record_id for difference in result.differences}
    trials = sum(record_id.startswith("NCT") for record_id in changed)
    papers = len(changed) - trials
    told = f"{trials} trial(s) and {papers} paper(s) changed" if changed else "nothing changed"
    versions = f"rules {result.before} → {result.after}" if result.before != result.after else f"rules {result.after}"
    return f"Profiles of {result.records} records done again ({versions}): {told}. Published as run {result.run_id}."


def _progress(line: str) -> None:
    print(line, file=sys.stderr)
