"""What the doctor says of a home before its first night."""

from __future__ import annotations

import warnings
from pathlib import Path

import pytest

from flows.cli.commands import doctor
from flows.config.settings import load


def test_a_home_that_is_not_there_yet_is_no_failure_and_stays_away(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert doctor.examine(load(home=tmp_path / "new" / "data"), offline=True) == 0
    said = capsys.readouterr().out
    assert "data is not there yet; the first night makes it" in said and "FAIL" not in said
    assert not list(tmp_path.iterdir())
