"""`cartrials site DIR`: what is published now, or a kept release, as a folder of pages."""

from __future__ import annotations

from pathlib import Path

from flows.cli.commands.export import kept_release
from flows.config.settings import Settings
from flows.site.build import build_site
from flows.site.place import START
from flows.storage.owners import refuse_to_write_in


def write_site(settings: Settings, folder: Path, release: str | None = None) -> int:
    """Write the site of the published release, or of a kept one, into `folder`.

    Feeds are of the newest release alone. Raises UsageError, SettingsError, WarehouseError, OSError.
    """
    refuse_to_write_in(settings.home, folder)
    if release is None:
        built = build_site(settings.warehouse_path, folder, settings.home / "feeds")
    else:
        built = build_site(kept_release(settings.home / "releases", release), folder)
    files = f"{built.n_trials:,} trials, {built.n_files:,} files"
    print(f"{folder / START}  ({files}; opens from the folder, or from any server)")
    return 0
