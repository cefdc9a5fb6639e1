"""Made-up records that break no rule. A test changes the one thing that it is about.

Numbers lie outside any range in use (NCT9…, PMID 9…); nothing in them is taken from a real record.
"""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

Study = dict[str, Any]


def nct(number: int) -> str:
    """The made-up NCT number of this running number: nct(7) is NCT90000007."""
    return f"NCT9{number:07d}"


def study(number: int = 1, title: str = "", **changes: Any) -> Study:
    """A whole registration of CD19 CAR-T cells in lupus.

    `changes` are values by path below protocolSection, `__` between steps; None takes the key away:
    `study(2, statusModule__overallStatus="COMPLETED")`.
    """
    made = copy.deepcopy(_WHOLE)
    identification = made["protocolSection"]["identificationModule"]
    identification["nctId"] = nct(number)
    identification["orgStudyIdInfo"] = {"id": f"MADE-UP-{number}"}
    identification["briefTitle"] = title or f"MU-{number} CD19 CAR-T Cells in Lupus"
    for path, value in changes.items():
        changed(made["protocolSection"], path.split("__"), value)
    return made


def changed(place: Any, path: list[str], value: Any) -> None:
    """Set (or with None remove) what stands at `path`; digits are places in a list."""
    *steps, last = [int(step) if step.isdecimal() else step for step in path]
    for step in steps:
        place = place[step] if isinstance(step, int) else place.setdefault(step, {})
    if value is None:
        del place[last]
    else:
        place[last] = value


def raw(made: Any) -> bytes:
    """A record as the registry would send it."""
    return json.dumps(made, ensure_ascii=False).encode()


def paper(
    number: int = 1, title: str = "", abstract: str = "", *, databank: str = "", types: str = "Journal Article"
) -> bytes:
    """A whole PubMed citation on CAR-T cells in lupus; PMID 9000000<number>."""
    text = abstract or "Six people with lupus were given cells of their own with a receptor for CD19."
    numbers = (
        "<DataBankList CompleteYN=\"Y\"><DataBank><DataBankName>ClinicalTrials.gov</DataBankName>"
        f"<AccessionNumberList><AccessionNumber>{databank}</AccessionNumber></AccessionNumberList></DataBank></DataBankList>"
        if databank else ""
    )  # fmt: skip
    return (
        f'<PubmedArticle><MedlineCitation Status="MEDLINE" Owner="NLM"><PMID Version="1">{pmid(number)}</PMID>'
        "<DateRevised><Year>2026</Year><Month>02</Month><Day>03</Day></DateRevised>"
        '<Article PubModel="Print"><Journal><JournalIssue '
        'CitedMedium="Internet"><PubDate><Year>2026</Year><Month>Jan</Month></PubDate>'
        "</JournalIssue><Title>Journal of Made-up Medicine</Title></Journal>"
        f"<ArticleTitle>{escape(title or f'CAR-T cells in lupus, part {number}')}</ArticleTitle>"
        f"<Abstract><AbstractText>{escape(text)}</AbstractText></Abstract>"
        '<AuthorList CompleteYN="Y"><Author '
        'ValidYN="Y"><LastName>Doe</LastName><ForeName>Jane</ForeName><Initials>J</Initials></Author></AuthorList>'
        f"<Language>eng</Language>{numbers}"
        "<PublicationTypeList><PublicationType "
        f'UI="D016428">{escape(types)}</PublicationType></PublicationTypeList></Article>'
        "</MedlineCitation><PubmedData><History>"
        '<PubMedPubDate PubStatus="entrez"><Year>2026</Year><Month>1</Month><Day>5</Day></PubMedPubDate></History>'
        "<PublicationStatus>ppublish</PublicationStatus><ArticleIdList>"
        f'<ArticleId IdType="pubmed">{pmid(number)}</ArticleId></ArticleIdList></PubmedData></PubmedArticle>'
    ).encode()


def pmid(number: int) -> str:
    """The made-up PMID of this running number."""
    return f"9{number:07d}"


def one_leg_watchlist(
    leg: str = "lupus", *, topic: str = "sle", title: str = "Lupus", diseases: tuple[str, ...] = ("SLE",),
    condition: str = "lupus",
) -> str:  # fmt: skip
    """A watchlist with one topic and one leg, as TOML: what trials are found by a condition."""
    return f"""
[[topic]]
name = "{topic}"
title = "{title}"
diseases = {json.dumps(diseases)}
[[topic.leg]]
name = "{leg}"
source = "ctgov"
"query.cond" = "{condition}"
"""


def record_night(folder: Path, date: str, studies: list[Any] = (), papers: list[bytes] = ()) -> Path:  # type: ignore[assignment]
    """Write one recorded night below `folder`; returns `folder`. Studies may be bytes or objects."""
    night = folder / date
    night.mkdir(parents=True, exist_ok=True)
    if studies:
        lines = (one if isinstance(one, bytes) else raw(one) for one in studies)
        (night / "ctgov.jsonl").write_bytes(b"\n".join(lines) + b"\n")
    if papers:
        (night / "pubmed.xml").write_bytes(b"<PubmedArticleSet>" + b"\n".join(papers) + b"</PubmedArticleSet>")
    return folder


_WHOLE: Study = {
    "protocolSection": {
        "identificationModule": {},
        "statusModule": {
            "statusVerifiedDate": "2026-02",
            "overallStatus": "RECRUITING",
            "expandedAccessInfo": {"hasExpandedAccess": False},
            "startDateStruct": {"date": "2026-01", "type": "ACTUAL"},
            "primaryCompletionDateStruct": {"date": "2027-06-30", "type": "ESTIMATED"},
            "completionDateStruct": {"date": "2028-06", "type": "ESTIMATED"},
            "studyFirstSubmitDate": "2025-11-07",
            "studyFirstPostDateStruct": {"date": "2025-11-14", "type": "ACTUAL"},
            "lastUpdatePostDateStruct": {"date": "2026-02-09", "type": "ACTUAL"},
        },
        "sponsorCollaboratorsModule": {
            "responsibleParty": {"type": "SPONSOR"},
            "leadSponsor": {"name": "Nowhere Cell Works", "class": "INDUSTRY"},
            "collaborators": [{"name": "Nowhere University", "class": "OTHER"}],
        },
        "descriptionModule": {"briefSummary": "People with lupus receive autologous CD19 CAR-T cells once."},
        "conditionsModule": {"conditions": ["Systemic Lupus Erythematosus"], "keywords": ["CAR-T", "lupus"]},
        "designModule": {
            "studyType": "INTERVENTIONAL",
            "phases": ["PHASE1", "PHASE2"],
            "designInfo": {
                "allocation": "NA",
                "interventionModel": "SINGLE_GROUP",
                "primaryPurpose": "TREATMENT",
                "maskingInfo": {"masking": "NONE"},
            },
            "enrollmentInfo": {"count": 24, "type": "ESTIMATED"},
        },
        "armsInterventionsModule": {
            "armGroups": [
                {
                    "label": "Cells",
                    "type": "EXPERIMENTAL",
                    "description": "One infusion after fludarabine.",
                    "interventionNames": ["Biological: MU-19", "Drug: Fludarabine"],
                }
            ],
            "interventions": [
                {
                    "type": "BIOLOGICAL",
                    "name": "MU-19",
                    "description": "Autologous CD19 CAR-T cells",
                    "otherNames": ["made-up-cel"],
                    "armGroupLabels": ["Cells"],
                },
                {"type": "DRUG", "name": "Fludarabine", "armGroupLabels": ["Cells"]},
            ],
        },
        "outcomesModule": {
            "primaryOutcomes": [
                {"measure": "Toxicity", "timeFrame": "28 days", "description": "Harms that limit the dose"}
            ],
            "secondaryOutcomes": [{"measure": "Remission", "timeFrame": "24 weeks"}],
            "otherOutcomes": [{"measure": "B cells", "timeFrame": "1 year"}],
        },
        "eligibilityModule": {
            "eligibilityCriteria": "Inclusion Criteria:\n\n* Lupus that did not yield to two "
            "drugs\n\nExclusion Criteria:\n\n* Pregnancy",
            "healthyVolunteers": False,
            "sex": "ALL",
            "minimumAge": "18 Years",
            "maximumAge": "65 Years",
            "stdAges": ["ADULT"],
        },
        "contactsLocationsModule": {
            "locations": [
                {
                    "facility": "Nowhere Clinic",
                    "status": "RECRUITING",
                    "city": "Berlin",
                    "country": "Germany",
                    "geoPoint": {"lat": 52.52, "lon": 13.41},
                }
            ]
        },
    },
    "derivedSection": {"miscInfoModule": {"versionHolder": "2026-02-10"}},
    "hasResults": False,
}


def with_results(made: Study, **modules: Any) -> Study:
    """The study with posted results: two groups, two outcomes, serious and other adverse events.

    `modules` are values by path below resultsSection, as in `study`.
    """
    made = copy.deepcopy(made) | {"resultsSection": copy.deepcopy(_RESULTS), "hasResults": True}
    changed(made["protocolSection"], ["statusModule", "resultsFirstPostDateStruct"], {"date": "2026-02-09"})
    for path, value in modules.items():
        changed(made["resultsSection"], path.split("__"), value)
    return made


def _groups(prefix: str) -> list[dict[str, str]]:
    return [{"id": f"{prefix}00{n}", "title": title} for n, title in enumerate(("Low dose", "High dose"))]


def _counts(prefix: str, units: str, *values: str) -> dict[str, Any]:
    return {"units": units, "counts": [{"groupId": f"{prefix}00{n}", "value": v} for n, v in enumerate(values)]}


_RESULTS: Study = {
    "participantFlowModule": {
        "preAssignmentDetails": "Two left before cells were made.",
        "groups": _groups("FG"),
        "periods": [
            {
                "title": "Treatment",
                "milestones": [
                    {
                        "type": "STARTED",
                        "achievements": [
                            {"groupId": "FG000", "numSubjects": "8"},
                            {"groupId": "FG001", "numSubjects": "4", "comment": "One came late."},
                        ],
                    }
                ],
                "dropWithdraws": [
                    {"type": "Death", "reasons": [{"groupId": "FG000", "numSubjects": "0"},
                                                  {"groupId": "FG001", "numSubjects": "1"}]}
                ],
            }
        ],
    },
    "baselineCharacteristicsModule": {
        "groups": _groups("BG"),
        "denoms": [_counts("BG", "Participants", "8", "4")],
        "measures": [
            {
                "title": "Age, Continuous", "paramType": "MEAN", "dispersionType": "STANDARD_DEVIATION",
                "unitOfMeasure": "years",
                "classes": [{"categories": [{"measurements": [
                    {"groupId": "BG000", "value": "34.5", "spread": ".9"},
                    {"groupId": "BG001", "value": "41", "spread": "NA", "comment": "Too few."},
                ]}]}],
            }
        ],
    },
    "outcomeMeasuresModule": {
        "outcomeMeasures": [
            {
                "type": "PRIMARY", "title": "Toxicity", "timeFrame": "28 days", "reportingStatus": "POSTED",
                "paramType": "COUNT_OF_PARTICIPANTS", "unitOfMeasure": "Participants", "groups": _groups("OG"),
                "denoms": [_counts("OG", "Participants", "8", "4")],
                "classes": [{"categories": [
                    {"title": "Yes", "measurements": [{"groupId": "OG000", "value": "1"},
                                                      {"groupId": "OG001", "value": "NA", "comment": "Not looked at."}]}
                ]}],
                "analyses": [{"groupIds": ["OG000", "OG001"], "pValue": "<0.001", "paramType": "Odds ratio",
                              "paramValue": "1.5", "ciPctValue": "95", "ciNumSides": "TWO_SIDED", "ciLowerLimit": ".4",
                              "ciUpperLimit": "NA", "nonInferiorityType": "SUPERIORITY"}],
            },
            {
                "type": "SECONDARY", "title": "B cells", "timeFrame": "1 year", "reportingStatus": "POSTED",
                "paramType": "MEDIAN", "dispersionType": "Full Range", "unitOfMeasure": "cells/uL",
                "denomUnitsSelected": "Samples", "groups": _groups("OG")[:1],
                "denoms": [_counts("OG", "Participants", "8"), _counts("OG", "Samples", "20")],
                "classes": [
                    {"title": "Week 4", "denoms": [_counts("OG", "Samples", "9")],
                     "categories": [{"measurements": [
                         {"groupId": "OG000", "value": "26,300", "lowerLimit": "-0.5", "upperLimit": "30,000.5"}]}]},
                    {"title": "Week 24", "categories": [{"measurements": [{"groupId": "OG000", "value": ".23"}]}]},
                ],
            },
        ]
    },
    "adverseEventsModule": {
        "frequencyThreshold": "5", "timeFrame": "1 year", "description": "Asked at each visit.",
        "eventGroups": [
            {**group, "deathsNumAffected": dead, "deathsNumAtRisk": n, "seriousNumAffected": 1, "seriousNumAtRisk": n,
             "otherNumAffected": n, "otherNumAtRisk": n}
            for group, n, dead in zip(_groups("EG"), (8, 4), (0, 1), strict=True)
        ],
        "seriousEvents": [
            {"term": "Sepsis", "organSystem": "Infections", "sourceVocabulary": "MedDRA 24",
             "notes": "One of them died.", "stats": [{"groupId": "EG000", "numAffected": 0, "numAtRisk": 8},
                       {"groupId": "EG001", "numEvents": 2, "numAffected": 1, "numAtRisk": 4}]}
        ],
        "otherEvents": [
            {"term": "Fever", "organSystem": "General", "assessmentType": "SYSTEMATIC_ASSESSMENT",
             "stats": [{"groupId": "EG000", "numEvents": 9, "numAffected": 8, "numAtRisk": 8}]}
        ],
    },
    "moreInfoModule": {"limitationsAndCaveats": {"description": "Few took part."},
                       "pointOfContact": {"title": "Jo Doe", "email": "jo@example.org"}},
}  # fmt: skip
