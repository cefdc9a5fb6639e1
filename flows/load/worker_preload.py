"""Imported by name in the server that processes which shape are forked from (see `flows.load.workers`): nowhere else.

What they need is imported and compiled here once, whatever their number, and shared between them.
"""

from __future__ import annotations

import sys
from typing import Any

import pyarrow as pa

import flows.load.workers  # noqa: F401
from transforms.clinicaltrials.places import country_code
from transforms.profile import profile_study

# In scope, so that every rule has compiled its vocabulary.
MADE_UP: dict[str, Any] = {
    "protocolSection": {
        "identificationModule": {"briefTitle": "CD19 CAR-T Cells in Lupus"},
        "conditionsModule": {"conditions": ["Systemic Lupus Erythematosus"]},
        "designModule": {"studyType": "INTERVENTIONAL"},
        "armsInterventionsModule": {
            "armGroups": [{"label": "Cells", "type": "EXPERIMENTAL", "interventionNames": ["Biological: CD19 CAR-T"]}],
            "interventions": [{"type": "BIOLOGICAL", "name": "CD19 CAR-T", "armGroupLabels": ["Cells"]}],
        },
        "eligibilityModule": {"eligibilityCriteria": "Inclusion Criteria:\n\n* Lupus\n\nExclusion Criteria:\n\n* None"},
    }
}


class WithoutPandas:
    """While this stands first among the finders, pandas cannot be imported."""

    @staticmethod
    def find_spec(name: str, path: object = None, target: object = None) -> None:
        if name == "pandas":
            raise ModuleNotFoundError(name)


# At its first array Arrow looks for pandas, and imports it: a second, and memory, for processes that make no frame.
# Having found none once, it looks no more; whatever else wants pandas still finds it.
sys.meta_path.insert(0, WithoutPandas)
pa.array([])
sys.meta_path.remove(WithoutPandas)
profile_study(MADE_UP)
country_code("France")
