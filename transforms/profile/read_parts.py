"""Which parts of a study the rules read: two versions that agree in these have the same profile.

Most versions of a record move a date, a status or a site. Rules read none of these, so a version that
says the same as the one before in what they do read is not profiled again.
"""

from __future__ import annotations

from typing import Any

READ_MODULES = (
    "identificationModule", "sponsorCollaboratorsModule", "descriptionModule", "conditionsModule",
    "armsInterventionsModule", "outcomesModule", "eligibilityModule",
)  # fmt: skip
UNREAD_OF_DESIGN = ("enrollmentInfo",)  # the rest of designModule is read


def reads_the_same(one: Any, other: Any) -> bool:
    """Whether the rules make the same profile of two study objects because they read the same in both."""
    if not isinstance(one, dict) or not isinstance(other, dict):
        return False
    return read_parts(one) == read_parts(other)


def read_parts(study: dict[str, Any]) -> dict[str, Any]:
    """The study object without what no rule reads."""
    protocol, derived = study.get("protocolSection"), study.get("derivedSection")
    parts: dict[str, Any] = {}
    if isinstance(protocol, dict):
        read = {name: protocol[name] for name in READ_MODULES if name in protocol}
        design = protocol.get("designModule")
        if isinstance(design, dict):
            read["designModule"] = {name: value for name, value in design.items() if name not in UNREAD_OF_DESIGN}
        parts["protocolSection"] = read
    if isinstance(derived, dict) and "conditionBrowseModule" in derived:
        parts["derivedSection"] = {"conditionBrowseModule": derived["conditionBrowseModule"]}
    return parts
