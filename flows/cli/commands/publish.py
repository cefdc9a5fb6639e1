"""`cartrials publish --to ducklake:…`: the published warehouse into a lake that many read and write."""

from __future__ import annotations

from flows.config.settings import Settings
from flows.errors import SettingsError
from warehouse.export import lake
from warehouse.querying.reading import published


def publish_to(settings: Settings, to: str | None, data: str | None) -> int:
    """Write the published file into a DuckLake, as one snapshot. Raises SettingsError, WarehouseError."""
    catalogue = to or (settings.lake.get_secret_value() if settings.lake else None)
    if catalogue is None:
        raise SettingsError(
            "Nothing says where to publish to; expected --to ducklake:postgres:dbname=… host=…, or CARTRIALS_LAKE."
        )
    if not catalogue.startswith(lake.PREFIX):
        raise SettingsError(str(lake.no_lake(catalogue)))
    with published(settings.warehouse_path):
        pass  # says in its own words where nothing has been published yet
    done = lake.publish(settings.warehouse_path, catalogue, data or settings.lake_data)
    if not done.is_new:
        print(f"Run {done.run_id} is in the lake already; its newest snapshot is {done.number}.")
        return 0
    rows = sum(done.written.values())
    print(f"Published run {done.run_id} as snapshot {done.number}: {rows} new rows in {len(done.written)} tables.")
    print(f"  read it later with: FROM trials AT (VERSION => {done.number})")
    return 0
