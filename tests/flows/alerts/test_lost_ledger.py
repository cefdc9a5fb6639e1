"""The journal, and with it who was told of what, is damaged or gone: nobody hears of anything a second time."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path

import pytest

from flows.cli.commands import alerts
from flows.config.settings import Settings, load
from flows.runs import nightly
from flows.runs.run import Options
from flows.storage.journal import JournalError
from tests.flows.alerts.conftest import WATCHLIST
from tests.flows.alerts.servers import SmtpServer
from tests.records import nct, raw, study


@dataclass
class Clinic:
    """A data folder, and the mail server of its only subscriber."""

    settings: Settings
    recordings: Path
    smtp: SmtpServer

    def night(self, day: int, trials: int) -> None:
        folder = self.recordings / f"2026-09-{day:02}"
        folder.mkdir(parents=True)
        (folder / "ctgov.jsonl").write_bytes(b"\n".join(raw(study(number)) for number in range(1, trials + 1)))
        self.again()

    def again(self) -> None:
        for report in nightly.run(self.settings, Options(recorded=self.recordings)):
            assert (report.status, report.problems) == ("published", ())

    def mailed(self, number: int) -> int:
        """In how many mails a trial stands."""
        return sum(nct(number) in mail.get_body(("plain",)).get_content() for mail in self.smtp.box.mails)


def clinic_in(folder: Path, smtp: SmtpServer) -> Clinic:
    (folder / "watchlist.toml").write_text(WATCHLIST)
    (folder / "subscribers.toml").write_text(f'[[subscriber]]\nname = "clinic"\nchannels = ["{smtp.url()}"]\n')
    settings = load(
        home=folder / "home", watchlist=folder / "watchlist.toml", subscribers=folder / "subscribers.toml", workers=1
    )
    return Clinic(settings, folder / "recordings", smtp)


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder in which a first night was seeded and the fourth trial of a second was mailed. To be copied."""
    folder = tmp_path_factory.mktemp("told")
    with SmtpServer() as smtp:
        clinic = clinic_in(folder, smtp)
        clinic.night(1, trials=3)
        clinic.night(2, trials=4)
        assert [clinic.mailed(number) for number in (3, 4)] == [0, 1]
    return folder


@pytest.fixture
def clinic(told: Path, tmp_path: Path, smtp: SmtpServer) -> Clinic:
    shutil.copytree(told, tmp_path, dirs_exist_ok=True)
    return clinic_in(tmp_path, smtp)


def lose_the_ledger(clinic: Clinic) -> None:
    for path in clinic.settings.home.glob("state.sqlite*"):
        path.unlink()


def test_with_a_damaged_ledger_nobody_is_told_until_it_was_seeded_and_then_once(clinic: Clinic) -> None:
    clinic.settings.journal_path.write_bytes(b"no ledger any more" * 1000)
    with pytest.raises(JournalError, match="move it away and run `cartrials alerts seed` before anything is announced"):
        clinic.night(3, trials=5)
    assert clinic.smtp.box.tries == 0
    lose_the_ledger(clinic)
    assert alerts.seed_ledger(clinic.settings) == 0
    assert clinic.smtp.box.tries == 0
    clinic.again()
    clinic.again()
    assert len(clinic.smtp.box.mails) == 1
    assert [clinic.mailed(number) for number in (3, 4, 5)] == [0, 0, 1]


def test_a_night_without_a_ledger_tells_only_what_it_brought_itself(clinic: Clinic) -> None:
    lose_the_ledger(clinic)
    clinic.night(3, trials=5)
    clinic.again()
    assert len(clinic.smtp.box.mails) == 1
    assert [clinic.mailed(number) for number in (3, 4, 5)] == [0, 0, 1]
