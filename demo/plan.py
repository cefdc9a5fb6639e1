"""What a made-up registration is to say, before it is put into words."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Plan:
    """One CAR trial. Defaults are the most common answers; None means that the record does not say."""

    nct_id: str
    diseases: tuple[str, ...]  # keys of demo.diseases.DISEASES
    products: tuple[str, ...]  # keys of demo.products.PRODUCTS
    sponsor: str  # key of demo.sponsors.SPONSORS
    posted: str  # first posted, YYYY-MM-DD
    shows: str = ""  # why a reader may want to open it; listed in demo/README.md
    collaborators: tuple[str, ...] = ()
    status: str = "RECRUITING"
    last_known: str | None = None
    why_stopped: str | None = None
    study_type: str = "INTERVENTIONAL"
    phases: tuple[str, ...] | None = ("PHASE1",)
    start: str | None = "from posted"  # YYYY-MM-DD, YYYY-MM, None or drawn from the posting
    months: int = 30  # from start to completion
    end: str | None = None  # completion, where it has to be a certain one
    enrollment: int = 18
    sites: tuple[str, ...] = ("Boston",)
    style: str = "company"  # company, hospital (investigator-initiated) or chinese
    together: bool = False  # several products are given one with the other, not as alternatives
    lymphodepletion: str | None = "fc"  # key of demo.wording.LYMPHODEPLETION
    comparator: str = "none"  # key of demo.arms.COMPARATORS
    immunosuppression: tuple[str, ...] = ("washout",)  # washout, allowed, combined
    prednisone: int | None = None  # mg a day allowed
    prophylaxis: tuple[str, ...] = ()
    safety: tuple[str, ...] = ("CRS", "ICANS")
    follow_up: int = 24  # months, the longest time frame
    dose: str | None = None  # key of demo.wording.DOSES
    ages: str = "adults"  # adults, children, all
    conditions: tuple[str, ...] = ()  # in place of the diseases' own labels
    brief_title: str | None = None
    secondary_ids: tuple[tuple[str, str], ...] = ()  # (id, type)
    references: tuple[tuple[str, str], ...] = ()  # (pmid, RESULT | DERIVED | BACKGROUND)
    relation: tuple[str, str] | None = None  # (follow_up_of | extension_of | expanded_access_for, NCT id)
    hidden_sites: bool = False  # sites without a name
    posted_night: int = 1  # first night on which the registry has it


@dataclass(frozen=True, slots=True)
class WrittenOut:
    """A registration whose texts are written out: a follow-up study, or a look-alike that gives no CAR cells
    for an immune-mediated disease."""

    nct_id: str
    brief_title: str
    summary: str
    conditions: tuple[str, ...]
    interventions: tuple[tuple[str, str, str], ...]  # (type, name, description)
    inclusion: tuple[str, ...]
    exclusion: tuple[str, ...]
    shows: str
    sponsor: str = "texas"
    posted: str = "2024-02-06"
    phases: tuple[str, ...] | None = ("PHASE1",)
    study_type: str = "INTERVENTIONAL"
    scope: str = "out_of_scope"
    status: str = "RECRUITING"
    enrollment: int = 30
    sites: tuple[str, ...] = ("Houston",)
    meshes: tuple[tuple[str, str], ...] = ()
    outcome: tuple[str, str] = ("Adverse events of grade 3 or more", "12 months")
    relation: tuple[str, str] | None = None
