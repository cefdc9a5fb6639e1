"""What is true of a trial and of a paper, and the records that say so."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from functools import lru_cache

from tests import records

DISEASES = {
    "SLE": "Systemic Lupus Erythematosus",
    "myasthenia gravis": "Myasthenia Gravis",
    "multiple sclerosis": "Multiple Sclerosis",
}
COUNTRIES = {"DE": "Germany", "FR": "France", "CN": "China", "US": "United States", "IT": "Italy"}
CITIES = {"DE": "Berlin", "FR": "Lyon", "CN": "Wuhan", "US": "Boston", "IT": "Turin"}
STATUSES = ("NOT_YET_RECRUITING", "RECRUITING", "ACTIVE_NOT_RECRUITING", "COMPLETED", "SUSPENDED", "TERMINATED")
TARGETS = ("CD19", "BCMA", "CD20", "CD7")
SPONSORS = ("Nowhere Cell Works", "Elsewhere Biologics", "Placeholder University", "Example Clinic of Somewhere")


@dataclass(frozen=True)
class Trial:
    """One version of a registration: each field is one thing that a reader may be told of."""

    number: int
    first_posted: date
    updated: date
    disease: str = "SLE"
    status: str = "RECRUITING"
    enrollment: int | str = 24  # a text: what the registry should not say
    sponsor: str = SPONSORS[0]
    countries: tuple[str, ...] = ("DE",)
    target: str = "CD19"
    completion: date = date(2031, 6, 30)
    gives_cells: bool = True
    words: int = 0  # wording that nobody is told of
    cites: tuple[str, ...] = ()
    has_new_field: bool = False  # one that is new to us

    @property
    def nct_id(self) -> str:
        return records.nct(self.number)

    @property
    def title(self) -> str:
        return f"Study {self.number} of {self.target if self.gives_cells else 'usual'} treatment, for kin"


@dataclass(frozen=True)
class Paper:
    """One version of a citation. `names` is the trial in its databank list."""

    number: int
    names: str | None
    published: date
    revised: date
    words: int = 0
    is_corrected: bool = False
    is_retracted: bool = False

    @property
    def pmid(self) -> str:
        return records.pmid(self.number)

    @property
    def title(self) -> str:
        return f"Cells in lupus, report {self.number}, wording {self.words}"


def study(trial: Trial, data_date: str) -> bytes:
    """The registration as the registry sends it: every record carries the day of the data."""
    return _study(trial).replace(b'"versionHolder": "2026-02-10"', b'"versionHolder": "%s"' % data_date.encode())


@lru_cache(maxsize=512)
def _study(trial: Trial) -> bytes:
    posted, updated = trial.first_posted.isoformat(), trial.updated.isoformat()
    made = records.study(
        trial.number,
        trial.title,
        statusModule__overallStatus=trial.status,
        statusModule__studyFirstSubmitDate=posted,
        statusModule__studyFirstPostDateStruct={"date": posted, "type": "ACTUAL"},
        statusModule__lastUpdatePostDateStruct={"date": updated, "type": "ACTUAL"},
        statusModule__primaryCompletionDateStruct={"date": trial.completion.isoformat(), "type": "ESTIMATED"},
        sponsorCollaboratorsModule__leadSponsor={"name": trial.sponsor, "class": "INDUSTRY"},
        sponsorCollaboratorsModule__collaborators=[],
        conditionsModule__conditions=[DISEASES[trial.disease]],
        conditionsModule__keywords=[f"wording {trial.words}"],
        designModule__enrollmentInfo={"count": trial.enrollment, "type": "ESTIMATED"},
        descriptionModule__briefSummary=f"What is told of it in wording {trial.words}.",
        eligibilityModule__eligibilityCriteria="Inclusion Criteria:\n\n* Two drugs did not help",
        contactsLocationsModule__locations=[_site(code) for code in trial.countries],
        **_given(trial),
    )
    if trial.cites:
        made["protocolSection"]["referencesModule"] = {
            "references": [{"pmid": pmid, "type": "BACKGROUND", "citation": f"Paper {pmid}"} for pmid in trial.cites]
        }
    if trial.has_new_field:
        made["protocolSection"]["statusModule"]["moonPhase"] = "waxing"
    return records.raw(made)


def _site(code: str) -> dict[str, object]:
    return {"facility": f"Clinic of {CITIES[code]}", "city": CITIES[code], "country": COUNTRIES[code]}


def _given(trial: Trial) -> dict[str, object]:
    if trial.gives_cells:
        what = {"type": "BIOLOGICAL", "name": f"MU-{trial.number}", "armGroupLabels": ["Cells"],
                "description": f"Autologous {trial.target} CAR-T cells"}  # fmt: skip
    else:
        what = {"type": "DRUG", "name": "Rituximab", "armGroupLabels": ["Cells"], "description": "An antibody"}
    arm = {"label": "Cells", "type": "EXPERIMENTAL", "description": "One infusion.",
           "interventionNames": [f"{what['type']}: {what['name']}"]}  # fmt: skip
    return {"armsInterventionsModule__armGroups": [arm], "armsInterventionsModule__interventions": [what]}


def stub(trial: Trial) -> bytes:
    """What the registry shows of a withheld study."""
    return records.raw({
        "protocolSection": {
            "identificationModule": {"nctId": trial.nct_id, "briefTitle": "[Trial of device that is not approved]"},
            "statusModule": {"overallStatus": "WITHHELD"},
        },
        "hasResults": False,
    })  # fmt: skip


@lru_cache(maxsize=512)
def article(paper: Paper) -> bytes:
    """The citation as PubMed sends it."""
    made = records.paper(paper.number, paper.title, "Cells were given.", databank=paper.names or "").decode()
    made = made.replace(
        "<DateRevised><Year>2026</Year><Month>02</Month><Day>03</Day></DateRevised>",
        f"<DateRevised><Year>{paper.revised.year}</Year><Month>{paper.revised.month:02}</Month>"
        f"<Day>{paper.revised.day:02}</Day></DateRevised>",
    ).replace(
        "<PubDate><Year>2026</Year><Month>Jan</Month></PubDate>",
        f"<PubDate><Year>{paper.published.year}</Year><Month>{paper.published.month:02}</Month>"
        f"<Day>{paper.published.day:02}</Day></PubDate>",
    )
    notices = "".join(
        f'<CommentsCorrections RefType="{kind}"><RefSource>J Made Up</RefSource><PMID Version="1">{other}</PMID>'
        "</CommentsCorrections>"
        for kind, other, holds in (
            ("ErratumIn", f"8{paper.number:07d}", paper.is_corrected),
            ("RetractionIn", f"7{paper.number:07d}", paper.is_retracted),
        )
        if holds
    )
    if notices:
        made = made.replace(
            "</MedlineCitation>", f"<CommentsCorrectionsList>{notices}</CommentsCorrectionsList></MedlineCitation>"
        )
    return made.encode()


def edited(trial: Trial, day: date, **changes: object) -> Trial:
    """The trial with other values and a new day of posting."""
    return replace(trial, updated=day, **changes)  # type: ignore[arg-type]
