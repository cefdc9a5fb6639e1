"""What starts cartrials elsewhere names things that exist: prefect.yaml, compose.yaml, Dockerfile, systemd units."""

from __future__ import annotations

import importlib
import importlib.util
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[1]
UNITS = sorted((ROOT / "deploy" / "systemd").iterdir())


def read(name: str) -> Any:
    return yaml.safe_load((ROOT / name).read_text("utf-8"))


@pytest.mark.parametrize("deployment", read("prefect.yaml")["deployments"], ids=lambda one: one["name"])
def test_a_deployment_has_its_flow_pool_and_turn(deployment: dict[str, Any]) -> None:
    module, _, name = deployment["entrypoint"].rpartition(".")
    assert getattr(importlib.import_module(module), name).name == deployment["name"]
    assert deployment["work_pool"]["name"] == "cartrials"
    assert deployment["concurrency_limit"] == {"limit": 1, "collision_strategy": "CANCEL_NEW"}


def test_compose_names_services_volumes_and_files_that_exist() -> None:
    compose = read("compose.yaml")
    for name, service in compose["services"].items():
        assert set(service.get("depends_on", ())) <= set(compose["services"]), name
        for volume in service.get("volumes", ()):
            source = volume.split(":")[0]
            assert source in compose["volumes"] or (ROOT / source).exists(), volume
    for module in re.findall(r"-m ([\w.]+)|--preload ([\w.]+)", _words_of(compose)):
        assert importlib.util.find_spec(module[0] or module[1]), module


def test_every_volume_of_our_image_belongs_to_the_user_that_runs() -> None:
    """A new volume takes the owner of the folder in the image; where there is none, it is root's."""
    owned = re.search(r"install -d -o cartrials (.+)$", (ROOT / "Dockerfile").read_text("utf-8"), re.MULTILINE)
    services = read("compose.yaml")["services"].values()
    mounted = {
        volume.split(":")[1] for one in services if one.get("build") for volume in one.get("volumes", ())
        if not volume.startswith(".")
    }  # fmt: skip
    assert owned and mounted == set(owned[1].split())


def test_settings_and_the_files_they_name_reach_the_run() -> None:
    worker = read("compose.yaml")["services"]["worker"]
    assert worker["env_file"] == ".env"
    assert any(volume.endswith(":/settings:ro") for volume in worker["volumes"])
    example = (ROOT / "deploy" / "compose.env.example").read_text("utf-8")
    assert "/settings/subscribers.toml" in example


def _words_of(compose: dict[str, Any]) -> str:
    return " ".join(" ".join(service.get("entrypoint", ())) for service in compose["services"].values())


def test_compose_asks_for_its_secrets_and_holds_none() -> None:
    text = (ROOT / "compose.yaml").read_text("utf-8")
    asked = set(re.findall(r"\$\{(\w+):\?", text))
    given = (ROOT / "deploy" / "compose.env.example").read_text("utf-8")
    assert asked == set(re.findall(r"^(\w+)=$", given, re.MULTILINE))


def test_the_image_copies_what_exists_and_installs_by_hash() -> None:
    text = (ROOT / "Dockerfile").read_text("utf-8")
    for line in re.findall(r"^COPY (.+) \S+$", text, re.MULTILINE):
        assert all((ROOT / one).exists() for one in line.split()), line
    for lock in re.findall(r"-r (\S+)", text):
        assert "--hash=sha256:" in (ROOT / lock).read_text("utf-8")


@pytest.mark.parametrize("unit", UNITS, ids=lambda path: path.name)
def test_systemd_takes_the_unit(unit: Path, tmp_path: Path) -> None:
    if shutil.which("systemd-analyze") is None:
        assert "[Unit]" in unit.read_text("utf-8")  # where there is no systemd to ask
        return
    # The programs are installed on another machine: here any program stands for them.
    for one in UNITS:
        text = re.sub(r"/opt/cartrials/bin/\w+", "/bin/true", one.read_text("utf-8"))
        (tmp_path / one.name).write_text(text.replace("User=cartrials", "User=root"))
    done = subprocess.run(
        ["systemd-analyze", "verify", tmp_path / unit.name], capture_output=True, text=True, timeout=60
    )
    said = [line for line in done.stderr.splitlines() if unit.name in line]
    assert (done.returncode, said) == (0, [])
