"""The file of subscribers and its filters: what is wrong is said with its line; what fits, fits as a whole."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from flows.alerts.facts import Site, Trial
from flows.alerts.subscribers.filters import reasons
from flows.alerts.subscribers.subscribers import SubscribersError, load_subscribers
from flows.alerts.subscribers.vocabulary import KEYS
from warehouse.querying.regions import regions

ROOT = Path(__file__).resolve().parents[3]
TRIAL = Trial(
    nct_id="NCT00000001", title="CAR-T in lupus", url="https://clinicaltrials.gov/study/NCT00000001", scope="in_scope",
    registry_state="present", overall_status="RECRUITING", phases=("PHASE1", "PHASE2"), phase_label="Phase 1/Phase 2",
    lead_sponsor="Example Hospital", sponsors=("Example Hospital", "Example Therapeutics, Inc."),
    sponsor_type="academic", diseases=("SLE", "lupus nephritis"), topics=("sle",), target_antigens=("BCMA", "CD19"),
    cell_sources=("autologous",), cell_types=("CAR-T",), products=("EX-1",), start_date="2026-05",
    start_date_type="ACTUAL", enrollment_count=12, enrollment_type="ESTIMATED", first_posted_date=date(2026, 4, 1),
    country_codes=("DE", "FR"),
    sites=(
        Site("Germany", "DE", "Berlin", "Example Clinic", "NOT_YET_RECRUITING"),
        Site("France", "FR", "Lyon", None, "RECRUITING"),
    ),
)  # fmt: skip


def load(tmp_path, text, **environment):
    path = tmp_path / "subscribers.toml"
    path.write_text(text)
    return load_subscribers(path, ["sle", "neurology"], environment)


def filter_of(tmp_path, lines):
    (one,) = load(tmp_path, f'[[subscriber]]\nname = "reader"\n{lines}\n')
    return one.filter


@pytest.mark.parametrize(
    ("lines", "fits"),
    [
        ("", True),
        ('diseases = ["sle"]', True),
        ('diseases = ["systemic lupus erythematosus"]', True),
        ('diseases = ["MG", "lupus"]', True),
        ('diseases = ["MG"]', False),
        ('target_antigens = ["B-cell maturation antigen"]', True),
        ('target_antigens = ["cluster of differentiation 19 + BCMA"]', True),
        ('countries = ["U.K.", "England"]', False),
        ('countries = ["UK", "France"]', True),
        ('status = ["enrolling", "recruiting"]', True),
        ('status = ["open"]', True),
        ('status = ["finished", "stopped"]', False),
        ('target_antigens = ["anti-CD19"]', True),
        ('countries = ["Deutschland", "Österreich"]', True),
        ('diseases = ["lupus nephritis"]\nstatus = ["RECRUITING"]', True),
        ('status = ["ACTIVE_NOT_RECRUITING", "NOT_YET_RECRUITING"]', False),  # whole words: not "recruit" in status
        ('target_antigens = ["CD19"]', True),
        ('target_antigens = ["CD19+BCMA"]', True),
        ('target_antigens = ["CD19+CD20"]', False),
        ('target_antigens = ["CD20", "BCMA"]', True),
        ('target_antigens = ["not stated"]', False),
        ('cell_source = ["allogeneic", "in vivo"]', False),
        ('phases = ["PHASE2"]', True),
        ('countries = ["Germany"]', True),
        ('countries = ["de"]', True),
        ('countries = ["United States"]', False),
        ('regions = ["EU"]', True),
        ('regions = ["Western Europe"]', True),
        ('regions = ["Asia"]', False),
        ('countries = ["Germany"]\nsite_status = ["RECRUITING"]', False),  # the German site does not recruit yet
        ('countries = ["France"]\nsite_status = ["RECRUITING"]', True),
        ('sponsors = ["example therapeutics inc"]', True),
        ('sponsors = ["Example*"]', True),
        ('sponsors = ["Hospital"]', False),  # a whole name, or say so with *
        ('sponsor_type = ["industry"]', False),
        ('topics = ["sle"]\ncountries = ["Spain"]', False),
        ('scope = ["follow_up"]', False),
    ],
)
def test_a_trial_fits_when_it_fits_every_key(tmp_path, lines, fits):
    assert (reasons(filter_of(tmp_path, lines), TRIAL) is not None) == fits


def test_why_names_the_values_that_satisfied_each_key(tmp_path):
    found = reasons(
        filter_of(tmp_path, 'diseases = ["SLE"]\ntarget_antigens = ["CD19", "CD20"]\nregions = ["EU"]'), TRIAL
    )
    assert {reason.key: reason.values for reason in found} == {
        "diseases": ("SLE",),
        "target_antigens": ("CD19",),
        "sites": ("Germany", "France"),
    }


@pytest.mark.parametrize(
    ("text", "line", "problem"),
    [
        ('[[subscriber]]\nname = "a"\nsponsor = ["x"]', 3, "unknown key 'sponsor', expected one of"),
        ('[[subscriber]]\nname = "a"\ndiseases = ["Lupsu"]', 3, "'Lupsu' is not known"),
        ('[[subscriber]]\nname = "a"\ndiseases = ["nephropathy"]', 3, "may be IgA nephropathy, "),
        ('[[subscriber]]\nname = "a"\ntarget_antigens = ["CD19+CD1999"]', 3, "'CD1999' is not known"),
        ('[[subscriber]]\nname = "a"\ntopics = ["onco"]', 3, "expected one of: neurology, sle"),
        ('[[subscriber]]\nname = "a"\ncountries = ["Atlantis"]', 3, "'Atlantis' is no country"),
        ('[[subscriber]]\nname = "a"\nstatus = []', 3, "status is empty: leave it out"),
        ('[[subscriber]]\nname = "a"\nstatus = "RECRUITING"', 3, "must be a list of texts"),
        ('[[subscriber]]\nname = "a"\ncadence = "hourly"', 3, "expected one of: at once, daily, weekly"),
        ('[[subscriber]]\nname = "a"\nmax_items = 0', 3, "expected a number from 1 to 500"),
        ('[[subscriber]]\nname = "a"\n\n[[subscriber]]\nname = "a"', 5, "used twice"),
        ('[[subscriber]]\nname = "operator"', 2, "not 'operator'"),
        ('[[subscriber]]\nname = "A b"', 2, "lower-case letters"),
        ('[[subscriber]]\nchannels = []', 1, "name must be"),
        ('[[subscriber]]\nname = "a"\nchannels = ["json://example.org"]', 3, "a webhook is signed"),
        (
            '[[subscriber]]\nname = "a"\nchannels = ["json://example.org"]\nwebhook_secret = "in the file"', 4,
            "must name a variable",
        ),
        ('[[subscriber]]\nname = "a"\nchannels = ["json://h"]\nwebhook_secret = "${NONE}"', 4, "has no NONE"),
        ('[[subscriber]]\nname = "a"\nname = "b"', 3, "is not TOML"),
        ('[[subscribers]]\nname = "a"', 1, "unknown key 'subscribers'"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_said_with_its_line(tmp_path, text, line, problem):
    with pytest.raises(SubscribersError) as wrong:
        load(tmp_path, text)
    assert wrong.value.exit_code == 2
    assert wrong.value.line == line
    assert problem in str(wrong.value)


def test_every_word_of_every_key_is_accepted_as_the_data_writes_it(tmp_path):
    for key in KEYS:
        for word in key.known() if key.known else ():
            assert filter_of(tmp_path, f'{key.name} = ["{word}"]').of(key.name) == (word,)


def test_a_sponsor_is_known_by_a_part_of_its_name_and_stays_what_was_written(tmp_path):
    assert filter_of(tmp_path, 'sponsors = ["Kyverna"]').of("sponsors") == ("Kyverna", "Kyverna Therapeutics")
    assert filter_of(tmp_path, 'sponsors = ["Hospital", "Own Name*"]').of("sponsors") == ("Hospital", "Own Name*")


def test_regions_are_those_of_m49_and_the_two_unions():
    found = regions()
    assert {"Europe", "Asia", "Africa", "Americas", "Oceania", "EU", "EEA", "Northern America"} <= set(found)
    assert len(found["EU"]) == 27
    assert found["EEA"] - found["EU"] == {"IS", "LI", "NO"}
    assert {"GB", "CH"} <= found["Europe"] - found["EEA"]


@pytest.mark.parametrize("path", ["demo/subscribers.toml", "docs/subscribers.example.toml"])
def test_the_files_that_come_with_it_can_be_read(path, monkeypatch):
    secrets = dict.fromkeys(
        ("DEMO_INBOX_PORT", "DEMO_WEBHOOK_SECRET", "SMTP_PASSWORD", "HOOK_SECRET", "SLACK_WEBHOOK"), "1234"
    )
    secrets["SLACK_WEBHOOK"] = "https://hooks.slack.com/services/T1JJ3T3L2/A1BRTD4JD/TIiajkdnlazkcOXrIdevi7FQ"
    assert load_subscribers(ROOT / path, ["sle"], secrets)
