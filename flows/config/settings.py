"""Settings: the environment (`CARTRIALS_…`) before `cartrials.toml` before what is built in."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, ValidationError, field_validator
from pydantic_settings import (
    BaseSettings,
    InitSettingsSource,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
)

from flows.errors import SettingsError
from transforms.written import NotReadable, read_text, read_toml

SETTINGS_FILE = "cartrials.toml"
DAY = 86_400  # seconds: nothing that one command waits for takes longer
RUNNERS = ("processes", "threads", "here")
SCHEDULERS = ("tcp://", "tls://", "ucx://")  # how Dask's address begins
# What pydantic finds wrong, as whoever writes a file can mend it.
WORDS = {
    "string_type": 'expected a text, in quotes: "…"',
    "int_parsing": "expected a whole number",
    "int_type": "expected a whole number",
    "int_from_float": "expected a whole number",
    "float_parsing": "expected a number",
    "float_type": "expected a number",
    "path_type": 'expected a path, in quotes: "…"',
}
SHIPPED_WATCHLIST = Path(__file__).with_name("watchlist.toml")


class Settings(BaseSettings):
    """Every setting, with what it means. Unknown keys in the file are an error, not ignored."""

    # A variable that is set to nothing, as Compose does for one that is not set, is not set.
    model_config = SettingsConfigDict(
        env_prefix="CARTRIALS_", env_ignore_empty=True, extra="forbid", frozen=True, allow_inf_nan=False
    )

    home: Path = Field(Path("data"), description="Folder of all data")
    ctgov_url: str = Field("https://clinicaltrials.gov/api/v2", description="API base ending in /api/v2")
    pubmed_url: str = Field(
        "https://eutils.ncbi.nlm.nih.gov/entrez/eutils", description="Base ending in /entrez/eutils"
    )
    contact_email: str | None = Field(None, description="Sent to both sources, as they ask")
    ncbi_api_key: SecretStr | None = Field(None, description="Ten requests a second instead of three")
    watchlist: Path = Field(SHIPPED_WATCHLIST, description="What is searched, and its sentinels")
    subscribers: Path | None = Field(None, description="Who is told what")
    operator: SecretStr | None = Field(None, description="Apprise URL for failures")
    operator_after: int = Field(1, ge=1, description="Failed runs in a row before the operator is told")
    heartbeat_url: SecretStr | None = Field(None, description="Called after a night that published")
    max_age_hours: float = Field(50, gt=0, description="Older than this is too old for `status`")
    keep_releases: int = Field(30, ge=1, description="Releases kept beside those marked keep")
    overrides: Path | None = Field(None, description="Reviewers' decisions, a CSV")
    site: Path | None = Field(None, description="Folder outside the data folder; each release writes its site there")
    schedule: str = Field("15 3 * * *", description="Cron of `serve` alone; a sixth field counts seconds")
    timezone: str = Field("UTC", description="Time zone of that schedule")
    prefect_patience: float = Field(90, gt=0, le=DAY, description="Seconds that Prefect's server may take to start")
    tries: int = Field(5, ge=1, description="How often a source is asked before a run gives up")
    retry_delay: float = Field(
        2, ge=0, le=DAY, description="Seconds before the second try, doubled before each further"
    )
    answer_timeout: float = Field(90, gt=0, le=DAY, description="Seconds that a source may be silent")
    answer_deadline: float = Field(
        600, gt=0, le=DAY, description="Seconds that one answer of a source may take, from connecting to its last byte"
    )
    delivery_deadline: float = Field(
        120, gt=0, le=DAY, description="Seconds that the delivery of one message may take, whatever the channel"
    )
    ctgov_per_second: float = Field(1, gt=0, description="Requests a second to the registry; its robots.txt says one")
    pubmed_per_second: float | None = Field(
        None, gt=0, description="Requests a second to PubMed; 3, or 10 with a key, are allowed"
    )
    workers: int = Field(2, ge=1, le=1024, description="Processes that shape records of a large night, or of a scan")
    runner: str = Field("processes", description="What a scan works on: processes, threads, or here, one by one")
    dask: str | None = Field(None, description="Address of a Dask scheduler for scans, tcp://HOST:PORT")
    scans: str | None = Field(None, description="Folder or fsspec URL for the results of scans")
    sql_seconds: float = Field(60, gt=0, le=DAY, description="Seconds that one question of `sql` may take")
    sql_memory: int = Field(1024, ge=64, le=2**24, description="Megabytes that one question of `sql` may take")
    lake: SecretStr | None = Field(None, description="DuckLake that `publish` writes to, ducklake:CATALOGUE")
    lake_data: str | None = Field(None, description="Folder or URL for the files of a new DuckLake")

    @field_validator("ctgov_url", "pubmed_url")
    @classmethod
    def _is_base_url(cls, url: str) -> str:
        return _checked_url(url).rstrip("/")

    @field_validator("heartbeat_url")
    @classmethod
    def _is_url(cls, url: SecretStr | None) -> SecretStr | None:
        if url is not None:
            _checked_url(url.get_secret_value())
        return url

    @field_validator("home")
    @classmethod
    def _is_writable_by_duckdb(cls, home: Path) -> Path:
        if "?" in str(home.resolve()):
            # DuckDB puts its log's `.wal` before a question mark, as if the path were a URL: into another folder.
            raise ValueError(f"expected a folder without a question mark in its path, not {home}: DuckDB cannot use it")
        return home

    @field_validator("contact_email")
    @classmethod
    def _is_address(cls, address: str | None) -> str | None:
        if address and not re.fullmatch(r"[^@\s]+@[^@\s]+", address):
            raise ValueError("expected an address such as somebody@example.org")
        return address

    @field_validator("runner")
    @classmethod
    def _is_runner(cls, runner: str) -> str:
        if runner not in RUNNERS:
            raise ValueError(f"expected one of {', '.join(RUNNERS)}")
        return runner

    @field_validator("dask")
    @classmethod
    def _is_scheduler(cls, address: str | None) -> str | None:
        if address and not address.startswith(SCHEDULERS):
            raise ValueError("expected the address of a scheduler, tcp://HOST:PORT")
        return address

    @field_validator("lake")
    @classmethod
    def _is_lake(cls, catalogue: SecretStr | None) -> SecretStr | None:
        if catalogue and not catalogue.get_secret_value().startswith("ducklake:"):
            raise ValueError("expected a DuckLake, ducklake:postgres:… or ducklake:FILE")
        return catalogue

    @field_validator("timezone")
    @classmethod
    def _is_zone(cls, zone: str) -> str:
        from zoneinfo import ZoneInfo

        try:
            ZoneInfo(zone)
        except (KeyError, ValueError, OSError) as error:
            raise ValueError("expected a time zone such as Europe/Berlin") from error
        return zone

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        return init_settings, env_settings, InitSettingsSource(settings_cls, _of_the_file())

    @property
    def warehouse_path(self) -> Path:
        return self.home / "cartrials.duckdb"

    @property
    def journal_path(self) -> Path:
        return self.home / "state.sqlite"

    @property
    def work_path(self) -> Path:
        return self.home / "work.duckdb"

    @property
    def archive_path(self) -> Path:
        return self.home / "archive"

    @property
    def report_path(self) -> Path:
        return self.home / "report" / "index.html"


def load(**given: Any) -> Settings:
    """The settings in force. Raises SettingsError naming the setting and what was expected."""
    try:
        return Settings(**{key: value for key, value in given.items() if value is not None})
    except ValidationError as error:
        raise SettingsError(_sentence(error)) from error
    except NotReadable as error:
        raise SettingsError(f"{SETTINGS_FILE}, line {error.line}: {error.problem}.") from error


def _of_the_file() -> dict[str, Any]:
    """What cartrials.toml of the working folder sets. Raises NotReadable."""
    path = Path(SETTINGS_FILE)
    return read_toml(read_text(path)) if path.exists() or path.is_symlink() else {}


def _checked_url(url: str) -> str:
    """The URL, where a request can be made of it. Raises ValueError, which never repeats it: it may hold a password."""
    problem = "expected a URL that begins with http:// or https:// and names a host"
    try:
        parts = urlsplit(url)
        is_well = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError as error:  # of a bracket that is not closed, of a port that is no number
        raise ValueError(problem) from error
    if not is_well or not url.isprintable() or " " in url:
        raise ValueError(problem)
    return url


def _sentence(error: ValidationError) -> str:
    first = error.errors(include_url=False, include_input=False)[0]
    name = ".".join(str(part) for part in first["loc"])
    if first["type"] == "extra_forbidden":
        return f"{SETTINGS_FILE} has a setting {name!r} that is not known. `cartrials doctor --settings` names all."
    wrong = WORDS.get(first["type"]) or first["msg"].removeprefix("Value error, ")
    return f"{_place_of(name)} is wrong: {wrong}."


def _place_of(name: str) -> str:
    """Where a setting was given: the environment wins over the file."""
    variable = f"CARTRIALS_{name.upper()}"
    try:
        is_in_file = not os.environ.get(variable) and name in _of_the_file()
    except NotReadable:
        is_in_file = False
    return f"{name} in {SETTINGS_FILE}" if is_in_file else f"The setting {variable}"
