"""`cartrials export`: a release, or the registry as it was on a day, as files to cite and hand on."""

from __future__ import annotations

from pathlib import Path

from flows.config.settings import Settings
from flows.errors import UsageError
from flows.storage.owners import refuse_to_write_in
from warehouse.export.export import Exported, export
from warehouse.export.parts import Day, moment
from warehouse.querying import reading
from warehouse.release import publish


def export_to(
    settings: Settings,
    folder: Path,
    *,
    as_of: str | None = None,
    known_at: str | None = None,
    release: str | None = None,
    keep: bool = False,
) -> int:
    """Write the published release, a kept one, or a day of it into `folder`. Raises UsageError, WarehouseError."""
    if known_at and not as_of:
        raise UsageError("--known-at says as whose knowledge --as-of is meant; give --as-of too.")
    if folder.exists() and not folder.is_dir():
        raise UsageError(f"{folder} is a file; name a folder to export to.")
    refuse_to_write_in(settings.home, folder)
    day = _day(as_of, known_at)
    path = settings.warehouse_path if release is None else kept_release(settings.home / "releases", release)
    with reading.published(path) as connection:
        made = export(connection, folder, day)
    if keep:
        if release is None:
            publish.keep(settings.home / "releases", made.about.run_id, settings.warehouse_path)
        else:
            publish.keep(settings.home / "releases", path.stem)
    print(_describe_export(made, folder))
    return 0


def kept_release(folder: Path, asked: str) -> Path:
    """The file of a release, by its run or by the day of its run (the last of that day). Raises UsageError."""
    found = sorted(folder.glob("*.duckdb"))
    by_run = [path for path in found if path.stem == asked]
    of_day = [path for path in found if path.stem.startswith(asked.replace("-", "") + "T")] if "-" in asked else []
    if by_run or of_day:
        return (by_run or of_day)[-1]
    if not found:
        raise UsageError(f"There is no release {asked!r}: {folder} holds none. Run `cartrials nightly` first.")
    kept = ", ".join(path.stem for path in found[-5:])
    raise UsageError(f"There is no release {asked!r}. Kept are {len(found)}, the latest: {kept}.")


def _day(as_of: str | None, known_at: str | None) -> Day | None:
    given = {"--as-of": as_of, "--known-at": known_at}
    found = {}
    for option, text in given.items():
        try:
            found[option] = moment(text) if text else None
        except ValueError as error:
            raise UsageError(f"{option}: {error}") from error
    at = found["--as-of"]
    return Day(at, found["--known-at"]) if at else None


def _describe_export(made: Exported, folder: Path) -> str:
    what = f"release {made.about.run_id}" + (f" as of {made.about.as_of[:16]} UTC" if made.about.as_of else "")
    lines = [
        f"{len(made.rows)} tables of {what}, {sum(made.rows.values()):,} rows, are in {folder}:",
        "parquet/, csv/, cartrials.xlsx, README.md (methods, how to cite), dictionary.md, datapackage.json.",
    ]
    if made.left_out:
        lines.append(f"Too long for a sheet of the workbook: {', '.join(made.left_out)}.")
    return "\n".join(lines)
