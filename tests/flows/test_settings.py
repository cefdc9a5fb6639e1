"""Settings as an operator's machine gives them."""

from __future__ import annotations

import pytest

from flows.config.settings import Settings, load


def test_a_variable_that_is_set_to_nothing_is_not_set(monkeypatch: pytest.MonkeyPatch) -> None:
    """Compose and systemd hand on a name without a value as an empty one."""
    for name in Settings.model_fields:
        monkeypatch.setenv(f"CARTRIALS_{name.upper()}", "")
    assert load() == Settings()
    monkeypatch.setenv("CARTRIALS_TRIES", "7")
    assert load().tries == 7
