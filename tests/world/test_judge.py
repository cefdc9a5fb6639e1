"""The judge judged: a product that is broken on purpose is found out within two hundred nights."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.world import product
from tests.world.world import Violation, World

NIGHTS = 200

pytestmark = pytest.mark.timeout(1800)


@pytest.mark.parametrize("broken", product.BROKEN)
def test_what_is_broken_is_found(
    broken: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, record_property: Callable[[str, object], None]
) -> None:
    product.BROKEN[broken](monkeypatch)
    world = World(5, tmp_path)
    with pytest.raises(Violation):
        world.live(NIGHTS)
    record_property("says", f"a broken {broken} is found on night {world.night}")
