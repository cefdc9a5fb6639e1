"""What rules remember of a text: asked once, never of another text, and the profile is the same with and without."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable, Iterator
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest

from transforms.profile import profile_study
from transforms.profile.reading.memo import LONGEST, cached_rule, cached_rule_of_texts, cached_rule_of_words, forget
from transforms.profile.reading.texts import Text

RECORDING = Path(__file__).parents[3] / "demo" / "recordings" / "2026-09-01" / "ctgov.jsonl.gz"
SOME = 80  # of the demo's studies


@pytest.fixture(autouse=True)
def forgotten() -> Iterator[None]:
    forget()
    yield
    forget()


def text(words: str, path: str = "trials.brief_summary") -> Text:
    return Text("brief_summary", path, words, words.lower())


def test_a_rule_is_asked_once_for_texts_that_say_the_same() -> None:
    asked: list[tuple[Any, ...]] = []

    @cached_rule
    def rule(of: Text, strictly: bool = False) -> str:
        asked.append((of.text, strictly))
        return of.folded

    assert [rule(text("One")), rule(text("".join(["O", "ne"]))), rule(text("Two"))] == ["one", "one", "two"]
    assert rule(text("One"), True) == "one"
    assert rule(text("One", "trials.detailed_description")) == "one"
    assert asked == [("One", False), ("Two", False), ("One", True), ("One", False)]


@pytest.mark.parametrize(
    ("remembering", "given"),
    [
        (cached_rule, lambda size: text("x" * size)),
        (cached_rule_of_words, lambda size: "x" * size),
        (cached_rule_of_texts, lambda size: (text("x" * (size - 5)), text("other"))),
    ],
)
def test_texts_that_are_too_long_to_keep_are_read_each_time(
    remembering: Callable[[Any], Any], given: Callable[[int], Any]
) -> None:
    asked: list[int] = []

    @remembering
    def rule(of: Any) -> int:
        asked.append(1)
        return len(of)

    for size in (LONGEST, LONGEST, LONGEST + 1, LONGEST + 1):
        rule(given(size))
    assert len(asked) == 3


def versions() -> Iterator[dict[str, Any]]:
    """Studies of the demo, each followed by versions that say something else in one place, and by itself again."""
    lines = gzip.decompress(RECORDING.read_bytes()).splitlines()
    studies = [study for line in lines if "protocolSection" in (study := json.loads(line))]
    for study in studies[:SOME]:
        yield study
        for change in (_summary, _criteria, _first_arm, _first_outcome):
            edited = deepcopy(study)
            change(edited["protocolSection"])
            yield edited
        yield study


def _summary(protocol: dict[str, Any]) -> None:
    said = protocol.setdefault("descriptionModule", {})
    said["briefSummary"] = f"{said.get('briefSummary', '')} Autologous CD19 CAR-T cells are given after fludarabine."


def _criteria(protocol: dict[str, Any]) -> None:
    said = protocol.setdefault("eligibilityModule", {})
    said["eligibilityCriteria"] = f"{said.get('eligibilityCriteria', '')}\n* Prednisone up to 10 mg is allowed"


def _first_arm(protocol: dict[str, Any]) -> None:
    for arm in protocol.get("armsInterventionsModule", {}).get("armGroups", [])[:1]:
        arm["description"] = "Placebo, followed for 15 years"


def _first_outcome(protocol: dict[str, Any]) -> None:
    for outcome in protocol.get("outcomesModule", {}).get("primaryOutcomes", [])[:1]:
        outcome["measure"] = "Cytokine release syndrome"


def test_a_profile_is_the_same_whatever_was_read_before() -> None:
    many = list(versions())
    one_after_the_other = [profile_study(study) for study in many]
    backwards = [profile_study(study) for study in reversed(many)][::-1]
    alone = []
    for study in many:
        forget()
        alone.append(profile_study(study))
    assert one_after_the_other == alone == backwards
    assert sum(profile.scope == "in_scope" for profile in alone) > SOME
