"""A nightly run, top to bottom, in plain functions: pull both sources, keep what changed, publish, tell.

`flows.nightly` runs the same steps as Prefect tasks; tests and benchmarks run them as they are.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from flows.alerts.announce import Announced, announce
from flows.config.outside import REAL, Outside
from flows.config.settings import Settings
from flows.config.watchlist import Watchlist
from flows.config.watchlist import load as load_watchlist
from flows.errors import Held, Locked
from flows.ingest import pull, recordings, to_request
from flows.ingest.landing import Landing
from flows.ingest.recordings import Recording
from flows.process import progress, stopping
from flows.report.build import build_report
from flows.runs import lifecycle, notify, recover
from flows.runs.run import Options, Report, Run
from flows.sources import clinicaltrials, pubmed
from flows.sources.legs import Stamps
from flows.sources.session import RequestPolicy, Session
from flows.storage.data_folder import DataFolder, open_data_folder
from flows.storage.manifests import Manifest
from warehouse.tables.sources import CTGOV, PUBMED


@dataclass(frozen=True)
class Steps:
    """The steps that ask a source or take long, so that Prefect can run each as a task."""

    pull_registry: Callable[..., pull.RegistryPull] = pull.registry
    pull_papers: Callable[..., tuple[Manifest, ...]] = pull.papers
    pull_cited_papers: Callable[..., Manifest] = pull.cited_papers
    pull_named_trials: Callable[..., Manifest] = pull.named_trials
    pull_missing_trials: Callable[..., Manifest] = pull.missing_trials
    land_recording: Callable[..., list[Manifest]] = Recording.land
    complete: Callable[..., Report] = lifecycle.complete
    announce: Callable[..., Announced] = announce
    write_report: Callable[..., Path] = build_report


DIRECT = Steps()


def run(settings: Settings, options: Options, steps: Steps = DIRECT, outside: Outside = REAL) -> list[Report]:
    """Pull both sources (or the recorded nights), keep what changed, publish, tell.

    Finishes what a killed run left before it starts anew. Raises what `flows.errors` and
    `flows.sources.errors` list; whatever is raised, the last release stands.
    """
    stopping.begin_work()
    if options.dry_run:
        return _run(settings, options, steps, outside, [])
    with notify.operator_hears(settings, outside) as reports:
        return _run(settings, options, steps, outside, reports)


def _run(settings: Settings, options: Options, steps: Steps, outside: Outside, reports: list[Report]) -> list[Report]:
    began = outside.clock()
    try:
        return _nights(settings, options, steps, outside, reports)
    except (Held, Locked):
        raise
    except Exception as error:
        if not options.dry_run:
            recover.note_failed_start(settings, outside, source_of(options), error, began)
        raise


def _nights(
    settings: Settings, options: Options, steps: Steps, outside: Outside, reports: list[Report]
) -> list[Report]:
    watchlist = load_watchlist(settings.watchlist)
    notify.check_addresses(settings, watchlist)
    with open_data_folder(settings, outside) as place:
        reports.extend(recover.finish(place))
        if not options.dry_run:
            notify.tell_of_killed(place)
        with (
            notify.delivering_what_waits(place, reports, options),
            notify.writing_report(settings, reports, steps.write_report),
            notify.telling_of_altered_rows(place, reports),
        ):
            if options.recorded is None:
                reports.append(live_night(place, watchlist, options, steps))
            else:
                for recording in recordings.nights(options.recorded, after=to_request.last_clock(place)):
                    reports.append(recorded_night(place, watchlist, options, steps, recording))
    return reports


def live_night(place: DataFolder, watchlist: Watchlist, options: Options, steps: Steps = DIRECT) -> Report:
    """One night on the live sources."""
    run = lifecycle.begin(place, clock=place.outside.clock(), source=source_of(options))
    with (
        lifecycle.noting_failure(place, run),
        registry_session_of(place.settings, place.outside) as registry,
        library_session_of(place.settings, place.outside) as library,
    ):
        landing = landing_of(place, run)
        last = None if options.full else to_request.last_pull(place, run.clock)
        progress.tell("asking ClinicalTrials.gov")
        pulled = steps.pull_registry(landing, registry, watchlist.legs(CTGOV), watchlist.sha256, last)
        progress.tell("asking PubMed")
        manifests = [*pulled.manifests, *steps.pull_papers(landing, library, watchlist.legs(PUBMED))]
        progress.tell("asking for what trials and papers name")
        manifests.append(steps.pull_cited_papers(landing, library, to_request.unknown_papers(place, manifests)))
        manifests.append(steps.pull_named_trials(landing, registry, to_request.unknown_trials(place, manifests)))
        manifests.append(steps.pull_missing_trials(landing, registry, to_request.missing_trials(place, manifests)))
        return finish(place, run, watchlist, manifests, options, steps, pulled.stamps)


def recorded_night(
    place: DataFolder, watchlist: Watchlist, options: Options, steps: Steps, recording: Recording
) -> Report:
    """One recorded night: its date is the clock."""
    run = lifecycle.begin(place, clock=recording.clock, source=source_of(options))
    with lifecycle.noting_failure(place, run):
        progress.tell(f"night of {recording.clock:%Y-%m-%d}: reading the recording")
        manifests = steps.land_recording(recording, landing_of(place, run))
        return finish(place, run, watchlist, manifests, options, steps, None)


def finish(
    place: DataFolder, run: Run, watchlist: Watchlist, manifests: list[Manifest], options: Options, steps: Steps,
    stamps: Stamps | None,
) -> Report:  # fmt: skip
    """Write the manifests down, then keep, check, seal and publish; tell who wants to know."""
    for manifest in manifests:
        place.manifests.write(manifest)
    seal = lifecycle.seal_of(place, run, watchlist, stamps.whole if stamps else None, is_demo=options.is_demo)
    report = steps.complete(place, run, seal, manifests, watchlist, stamps=stamps, dry_run=options.dry_run)
    if report.status == "published":
        notify.follow_up(report, {
            "alerts": partial(notify.tell_subscribers, place, report, send=options.announce, announce=steps.announce),
        })  # fmt: skip
    return report


def source_of(options: Options) -> str:
    """What the journal calls the source of a run."""
    return f"recorded:{options.recorded}" if options.recorded else "live"


def landing_of(place: DataFolder, run: Run) -> Landing:
    return Landing(run.run_id, run.clock, place.archive, to_request.current_contents(place))


def registry_session_of(settings: Settings, outside: Outside = REAL) -> Session:
    return clinicaltrials.session(
        settings.ctgov_url, contact=settings.contact_email, manners=_manners(settings, settings.ctgov_per_second),
        sleep=outside.sleep, adapter=outside.adapter,
    )  # fmt: skip


def library_session_of(settings: Settings, outside: Outside = REAL) -> Session:
    key = settings.ncbi_api_key.get_secret_value() if settings.ncbi_api_key else None
    return pubmed.session(
        settings.pubmed_url, contact=settings.contact_email, api_key=key,
        manners=_manners(settings, settings.pubmed_per_second or (10 if key else 3)),
        sleep=outside.sleep, adapter=outside.adapter,
    )  # fmt: skip


def _manners(settings: Settings, per_second: float) -> RequestPolicy:
    return RequestPolicy(
        per_second=per_second, tries=settings.tries, delay=settings.retry_delay, read_timeout=settings.answer_timeout,
        answer_seconds=settings.answer_deadline,
    )  # fmt: skip
