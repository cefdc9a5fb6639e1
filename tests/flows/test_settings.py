"""Settings as an operator's machine gives them."""

from __future__ import annotations

from pathlib import Path

import pytest

from flows.config.settings import Settings, load
from flows.errors import SettingsError


def test_a_variable_that_is_set_to_nothing_is_not_set(monkeypatch: pytest.MonkeyPatch) -> None:
    """Compose and systemd hand on a name without a value as an empty one."""
    for name in Settings.model_fields:
        monkeypatch.setenv(f"CARTRIALS_{name.upper()}", "")
    assert load() == Settings()
    monkeypatch.setenv("CARTRIALS_TRIES", "7")
    assert load().tries == 7


@pytest.mark.parametrize(("line", "expected"), [
    ("schedule = 5", 'schedule in cartrials.toml is wrong: expected a text, in quotes: "…".'),
    ('timezone = "Mars/Base"', "timezone in cartrials.toml is wrong: expected a time zone such as Europe/Berlin."),
    ('runner = "moon"', "runner in cartrials.toml is wrong: expected one of processes, threads, here."),
    ('dask = "foo"', "dask in cartrials.toml is wrong: expected the address of a scheduler, tcp://HOST:PORT."),
    ('lake = "foo"', "lake in cartrials.toml is wrong: expected a DuckLake, ducklake:postgres:… or ducklake:FILE."),
    ('contact_email = "me"',
     "contact_email in cartrials.toml is wrong: expected an address such as somebody@example.org."),
    ("sql_seconds = 1e300", "sql_seconds in cartrials.toml is wrong: Input should be less than or equal to 86400."),
    ('tries = "many"', "tries in cartrials.toml is wrong: expected a whole number."),
])  # fmt: skip
def test_a_wrong_value_is_named_where_it_was_given(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, line: str, expected: str
) -> None:
    monkeypatch.chdir(tmp_path)
    name = line.partition(" ")[0].upper()
    monkeypatch.delenv(f"CARTRIALS_{name}", raising=False)
    (tmp_path / "cartrials.toml").write_text(line)
    with pytest.raises(SettingsError) as found:
        load()
    assert str(found.value) == expected
    monkeypatch.setenv("CARTRIALS_TRIES", "often")
    with pytest.raises(SettingsError, match="The setting CARTRIALS_TRIES is wrong: expected a whole number"):
        load(schedule="15 3 * * *", timezone="UTC", contact_email="a@example.org")
