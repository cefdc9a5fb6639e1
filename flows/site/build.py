"""Writing the site: read the published file, make the pages, put them in their folder."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from flows.site.contents import read_site
from flows.site.pages import pages
from flows.site.place import File, check_place, put_in_place
from warehouse.querying.reading import published

# What anybody may read: a subscriber's own feed says what one person was told.
PUBLIC_FEEDS = ("new-trials.atom", "all-events.atom", "topic-*.atom", "readouts.ics")


@dataclass(frozen=True)
class Built:
    """What was written."""

    folder: Path
    n_files: int
    n_trials: int


def build_site(warehouse: Path, folder: Path, feeds: Path | None = None) -> Built:
    """Write the site of the published file at `warehouse` into `folder`, with the public feeds of the folder `feeds`.

    Raises WarehouseError (nothing published, or a file of another schema), SettingsError (a folder that is no site of
    ours) and OSError; whatever is raised while pages are made, the site that was there stays.
    """
    check_place(folder)
    with published(warehouse) as connection:
        site = read_site(connection)
    of_feeds = [File(f"feeds/{path.name}", path.read_bytes()) for path in public_feeds(feeds)]
    files = (file for some in (pages(site, [file.path for file in of_feeds]), of_feeds) for file in some)
    return Built(folder, put_in_place(folder, files, site.release.run_id), len(site.trials))


def public_feeds(folder: Path | None) -> list[Path]:
    """Feeds that the site may carry, in order."""
    return [path for pattern in PUBLIC_FEEDS for path in sorted(folder.glob(pattern))] if folder else []
