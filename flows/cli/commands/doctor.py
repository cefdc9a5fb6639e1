"""`cartrials doctor`: settings, disk, files, and whether the sources still keep their contract."""

from __future__ import annotations

import os
import shutil
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from pydantic import SecretStr

from flows.config.settings import Settings
from flows.errors import HomeError, sentence_of
from flows.sources.errors import public_url
from flows.storage import soundness
from flows.storage.owners import leftovers, unowned_files
from warehouse import disk
from warehouse.tables.sources import CTGOV, PUBMED

MOST_NAMES = 5  # of files, in one sentence
SOURCE_WITHIN, SOURCE_TRIES = 30, 2  # seconds for one answer, and tries: somebody waits, who can ask again
ENOUGH_DISK = 2 * 2**30  # bytes: a year of nights and thirty releases stay under one gibibyte


MARKS = {True: "ok  ", False: "FAIL", None: "note"}


@dataclass(frozen=True)
class Finding:
    """One thing looked at: whether it is well, and a sentence. None: a night is made all the same."""

    is_well: bool | None
    about: str
    sentence: str


def examine(settings: Settings, *, offline: bool, only_settings: bool = False) -> int:
    """Look at everything and print it; 1 when something is wrong. `only_settings`: what there is to set."""
    for name, value, meaning in _shown(settings):
        print(f"{name:30} {value}" + (f"  ({meaning})" if only_settings else ""))
    if only_settings:
        return 0
    findings = [*_files(settings), *_people(settings), *([] if offline else _sources(settings))]
    for finding in findings:
        print(f"{MARKS[finding.is_well]} {finding.about}: {finding.sentence}")
    return 1 if any(finding.is_well is False for finding in findings) else 0


def accept_journal(settings: Settings) -> None:
    """Let rows of the journal that were altered stand as they are."""
    from flows.storage.data_folder import run_lock
    from flows.storage.journal import Journal

    with run_lock(settings.home), Journal(settings.journal_path) as journal:
        journal.accept_as_it_is()


def _shown(settings: Settings) -> Iterator[tuple[str, str, str]]:
    """Every setting: name, value, meaning; secrets only as set or not, addresses without a password in them."""
    for name, declared in type(settings).model_fields.items():
        value = getattr(settings, name)
        shown = "(not set)" if value is None else "(set)" if isinstance(value, SecretStr) else str(value)
        yield (
            f"CARTRIALS_{name.upper()}", public_url(shown) if name.endswith("_url") and "://" in shown else shown,
            declared.description or "",
        )  # fmt: skip


def _files(settings: Settings) -> Iterator[Finding]:
    home = settings.home
    yield _try("data folder", lambda: _writable(settings))
    free = shutil.disk_usage(_there(home)).free
    yield Finding(
        free > ENOUGH_DISK, "disk", f"{free / 2**30:.1f} GiB free; at least {ENOUGH_DISK / 2**30:.0f} GiB is wise"
    )
    yield _left(home)
    yield _try("watchlist", lambda: _watchlist(settings))
    if settings.overrides:
        yield _try("overrides", lambda: _overrides(settings))
    for about, look in soundness.ALL.items() if settings.journal_path.exists() else ():
        yield _try(about, partial(look, settings))


def _people(settings: Settings) -> Iterator[Finding]:
    """When `serve` begins a night, who is told of what, and how the sources can write to us."""
    yield _try("schedule of serve", lambda: _schedule(settings))
    yield _told("subscribers", settings.subscribers, lambda: _subscribers(settings), "nobody is told of news")
    yield _told("operator", settings.operator, lambda: _operator(settings), "nobody is told of trouble")
    yield _told(
        "heartbeat", settings.heartbeat_url, lambda: "called after a night that published; not called now",
        "nothing outside notices a night that stays away", "heartbeat_url",
    )  # fmt: skip
    yield _told(
        "contact address", settings.contact_email, lambda: str(settings.contact_email),
        "both sources ask for one, to write to before they refuse us", "contact_email",
    )  # fmt: skip


def _told(about: str, value: object, look: Callable[[], str], without: str, setting: str = "") -> Finding:
    """What a look says of a setting; of one that is not set, what that means."""
    name = f"CARTRIALS_{(setting or about).upper()}"
    return _try(about, look) if value else Finding(None, about, f"{without}; set {name}")


def _schedule(settings: Settings) -> str:
    from flows.orchestration.server import prepare

    prepare(settings.home)
    with warnings.catch_warnings():  # of Prefect's: a home that is not there yet has no room for its settings
        warnings.simplefilter("ignore")
        from flows.orchestration.schedule import next_runs

        (due,) = next_runs(settings)
    return f"'{settings.schedule}' ({settings.timezone}), next at {due:%Y-%m-%d %H:%M:%S}"


def _subscribers(settings: Settings) -> str:
    from flows.alerts.announce import subscribers_of

    found = subscribers_of(settings)
    channels = sum(len(one.channels) for one in found)
    return f"{len(found)} with {channels} channels; `cartrials alerts test` tries them"


def _operator(settings: Settings) -> str:
    from flows.alerts.operator import operator_outlet

    outlet = operator_outlet(settings)
    return f"told by {outlet.address.kind if outlet else 'nothing'}; `cartrials alerts test` tries it"


def _sources(settings: Settings) -> Iterator[Finding]:
    within = min(settings.answer_deadline, SOURCE_WITHIN)
    brief = settings.model_copy(update={"tries": min(settings.tries, SOURCE_TRIES), "answer_deadline": within})
    yield _try("ClinicalTrials.gov", lambda: _registry(brief))
    yield _try("PubMed", lambda: _library(brief))


def _try(about: str, look: Callable[[], str]) -> Finding:
    """What a look says; an error it raises is the sentence."""
    try:
        return Finding(True, about, look())
    except Exception as error:  # noqa: BLE001  (the doctor reports whatever it meets)
        return Finding(False, about, sentence_of(error))


def _writable(settings: Settings) -> str:
    if not settings.home.exists():
        above = _there(settings.home)
        if not os.access(above, os.W_OK | os.X_OK):
            raise HomeError(f"{settings.home} is not there, and {above} cannot be written. Set CARTRIALS_HOME.")
        return f"{settings.home} is not there yet; the first night makes it"
    probe = settings.home / ".doctor"
    with disk.opened(probe) as file:
        disk.sync(file)
    disk.unlink(probe)
    return f"{settings.home} can be written"


def _there(home: Path) -> Path:
    """The folder, or the nearest above it that there is."""
    return next(folder for folder in (home.absolute(), *home.absolute().parents) if folder.exists())


def _left(home: Path) -> Finding:
    """Files that nobody owns: leftovers are taken away by the next run, others are for a person to look at."""
    left = {path for some in leftovers(home) for path in (some, *some.rglob("*"))}
    others = [str(path.relative_to(home)) for path in unowned_files(home) if path not in left]
    if others:
        more = f" and {len(others) - MOST_NAMES} more" if len(others) > MOST_NAMES else ""
        return Finding(
            True, "files", f"not ours in {home}: {', '.join(others[:MOST_NAMES])}{more}; nothing here needs them"
        )
    return Finding(True, "files", "a run is writing, or the next one takes leftovers away" if left else "all are ours")


def _watchlist(settings: Settings) -> str:
    from flows.config.watchlist import load

    watchlist = load(settings.watchlist)
    return f"{len(watchlist.topics)} topics, {len(watchlist.legs())} legs"


def _overrides(settings: Settings) -> str:
    from transforms.profile.overrides import load_overrides

    assert settings.overrides is not None
    return f"{sum(len(some) for some in load_overrides(settings.overrides).values())} decisions"


def _registry(settings: Settings) -> str:
    """Reachable, and a study still has the shape we read."""
    from flows.config.watchlist import Leg
    from flows.runs.nightly import registry_session_of
    from flows.sources import clinicaltrials
    from transforms.clinicaltrials.study import shape
    from transforms.content import parsed

    with registry_session_of(settings) as session:
        stamp = clinicaltrials.version(session)
        page = next(clinicaltrials.pages(session, Leg("doctor", CTGOV, (("query.term", "lupus"),)), page_size=1))
    for record in page.records:
        shaped = shape(parsed(record.raw))
        if shaped.problems:
            raise ValueError(
                f"a study no longer has the shape we read: {shaped.problems[0].reason} at "
                f"{shaped.problems[0].field_path}"
            )
    return f"API {stamp.api_version}, data of {stamp.data_timestamp}, {page.total} studies of lupus"


def _library(settings: Settings) -> str:
    from flows.config.watchlist import Leg
    from flows.runs.nightly import library_session_of
    from flows.sources import pubmed

    with library_session_of(settings) as session:
        found = pubmed.search(session, Leg("doctor", PUBMED, (("term", "lupus"),)))
    return f"{found.count} papers on lupus"
