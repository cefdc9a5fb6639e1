"""Posted results in the registry's shape: small, and made up."""

from __future__ import annotations

from typing import Any


def post_results(protocol: dict[str, Any], submitted: str = "2026-07-20", posted: str = "2026-09-02") -> None:
    """The dates that come with results; the results themselves are a section beside `protocolSection`."""
    protocol["statusModule"] |= {
        "resultsFirstSubmitDate": submitted,
        "resultsFirstSubmitQcDate": posted,
        "resultsFirstPostDateStruct": {"date": posted, "type": "ACTUAL"},
    }


def results_section(protocol: dict[str, Any]) -> dict[str, Any]:
    """`resultsSection` with the flow of participants, their age, one outcome, and adverse events."""
    count = protocol["designModule"]["enrollmentInfo"]["count"]
    group = protocol["armsInterventionsModule"]["armGroups"][0]
    primary = protocol["outcomesModule"]["primaryOutcomes"][0]
    told = {"title": group["label"], "description": group["description"]}
    return {
        "participantFlowModule": {
            "groups": [{"id": "FG000", **told}],
            "periods": [
                {
                    "title": "Overall Study",
                    "milestones": [
                        {
                            "type": "STARTED",
                            "achievements": [{"groupId": "FG000", "numSubjects": f"{count}"}],
                        },
                        {
                            "type": "COMPLETED",
                            "achievements": [{"groupId": "FG000", "numSubjects": f"{count - 1}"}],
                        },
                    ],
                }
            ],
        },
        "baselineCharacteristicsModule": {
            "groups": [{"id": "BG000", **told}],
            "denoms": [{"units": "Participants", "counts": [{"groupId": "BG000", "value": f"{count}"}]}],
            "measures": [
                {
                    "title": "Age, Continuous",
                    "paramType": "MEDIAN",
                    "dispersionType": "FULL_RANGE",
                    "unitOfMeasure": "years",
                    "classes": [
                        {
                            "categories": [
                                {
                                    "measurements": [
                                        {"groupId": "BG000", "value": "33", "lowerLimit": "19", "upperLimit": "61"}
                                    ]
                                }
                            ]
                        }
                    ],
                }
            ],
        },
        "outcomeMeasuresModule": {
            "outcomeMeasures": [
                {
                    "type": "PRIMARY",
                    "title": primary["measure"],
                    "timeFrame": primary["timeFrame"],
                    "reportingStatus": "POSTED",
                    "paramType": "COUNT_OF_PARTICIPANTS",
                    "unitOfMeasure": "Participants",
                    "groups": [{"id": "OG000", **told}],
                    "denoms": [{"units": "Participants", "counts": [{"groupId": "OG000", "value": f"{count}"}]}],
                    "classes": [
                        {"categories": [{"measurements": [{"groupId": "OG000", "value": f"{count * 2 // 3}"}]}]}
                    ],
                }
            ]
        },
        "adverseEventsModule": {
            "frequencyThreshold": "5",
            "timeFrame": "12 months",
            "eventGroups": [
                {
                    "id": "EG000",
                    **told,
                    "deathsNumAffected": 0,
                    "deathsNumAtRisk": count,
                    "seriousNumAffected": 2,
                    "seriousNumAtRisk": count,
                }
            ],
            "seriousEvents": [
                event("Cytokine release syndrome", "Immune system disorders", 1, count),
                event("Pneumonia", "Infections and infestations", 1, count),
            ],
            "otherEvents": [event("Pyrexia", "General disorders", count - 1, count)],
        },
    }


def event(term: str, organ_system: str, affected: int, at_risk: int) -> dict[str, Any]:
    """A listed adverse event of the one group."""
    return {
        "term": term,
        "organSystem": organ_system,
        "sourceVocabulary": "MedDRA 26.0",
        "assessmentType": "SYSTEMATIC_ASSESSMENT",
        "stats": [{"groupId": "EG000", "numEvents": affected, "numAffected": affected, "numAtRisk": at_risk}],
    }
