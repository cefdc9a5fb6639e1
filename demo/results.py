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
    """`resultsSection` with the flow of participants, one outcome, and adverse events."""
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
        },
    }
