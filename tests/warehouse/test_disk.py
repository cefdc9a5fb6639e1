"""What is written durably: content before name, name before anything that relies on it; whole or not at all."""

from __future__ import annotations

import errno
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from typing import BinaryIO

import pytest

from warehouse import disk


class Noting(disk.System):
    """Does what it is asked, and notes in which order; fails at the call of a given name."""

    def __init__(self, failing: str = "") -> None:
        self.asked: list[str] = []
        self.failing = failing

    def note(self, what: str) -> None:
        self.asked.append(what)
        if what.split()[0] == self.failing:
            raise OSError(errno.EIO, "Input/output error")

    def open(self, path: Path, mode: str, buffering: int = -1) -> BinaryIO:
        self.note(f"open {path.name}")
        return super().open(path, mode, buffering)

    def sync(self, descriptor: int) -> None:
        self.note(f"sync {Path(f'/proc/self/fd/{descriptor}').readlink().name}")
        super().sync(descriptor)

    def rename(self, source: Path, target: Path) -> None:
        self.note(f"rename {source.name} {target.name}")
        super().rename(source, target)

    def make_folder(self, path: Path) -> None:
        self.note(f"make_folder {path.name}")
        super().make_folder(path)


@pytest.fixture
def noting(monkeypatch: pytest.MonkeyPatch) -> Noting:
    system = Noting()
    monkeypatch.setattr(disk, "system", system)
    return system


def test_content_is_synced_before_its_name_and_the_folder_after_it(tmp_path: Path, noting: Noting) -> None:
    disk.write_durably(tmp_path / "run" / "sealed.json", b"{}")
    assert noting.asked == [
        "make_folder run", f"sync {tmp_path.name}",
        "open sealed.json.part", "sync sealed.json.part", "rename sealed.json.part sealed.json", "sync run",
    ]  # fmt: skip
    assert (tmp_path / "run" / "sealed.json").read_bytes() == b"{}"


def test_a_name_that_moves_is_synced_where_it_was_and_where_it_is(tmp_path: Path, noting: Noting) -> None:
    (tmp_path / "made").mkdir()
    (tmp_path / "made" / "a").write_bytes(b"a")
    disk.replace(tmp_path / "made" / "a", tmp_path / "a")
    assert noting.asked == ["rename a a", f"sync {tmp_path.name}", "sync made"]


@pytest.mark.parametrize("failing", ["open", "sync", "rename"])
@pytest.mark.parametrize("write", [
    lambda target, source: disk.write_durably(target, b"new"), lambda target, source: disk.copy_durably(source, target)
], ids=["written", "copied"])  # fmt: skip
def test_where_it_fails_what_was_there_stays_and_nothing_beside(
    tmp_path: Path, noting: Noting, failing: str, write: Callable[[Path, Path], None]
) -> None:
    source, target = tmp_path / "source", tmp_path / "target"
    source.write_bytes(b"new")
    target.write_bytes(b"old")
    noting.failing = failing
    with pytest.raises(OSError, match="Input/output"):
        write(target, source)
    assert target.read_bytes() == b"old"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["source", "target"]


def test_a_copy_keeps_what_nobody_else_may_read_and_shows_every_piece(tmp_path: Path) -> None:
    source = tmp_path / "secret"
    source.write_bytes(b"k" * (disk.CHUNK + 1))
    source.chmod(0o600)
    disk.copy_durably(source, tmp_path / "kept" / "secret")
    assert (tmp_path / "kept" / "secret").stat().st_mode & 0o777 == 0o600
    digest = sha256()
    disk.copy(source, tmp_path / "again", seen=digest.update)
    assert digest.hexdigest() == sha256(source.read_bytes()).hexdigest()


def test_a_file_system_that_has_no_folders_to_sync_is_taken_as_it_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def unsynced(descriptor: int) -> None:
        if Path(f"/proc/self/fd/{descriptor}").readlink().is_dir():
            raise OSError(errno.EINVAL, "Invalid argument")

    monkeypatch.setattr(disk.system, "sync", unsynced)
    disk.write_durably(tmp_path / "a", b"a")
    assert (tmp_path / "a").read_bytes() == b"a"


def test_a_tree_goes_with_all_in_it_and_never_what_a_link_points_to(tmp_path: Path) -> None:
    (tmp_path / "tree" / "below").mkdir(parents=True)
    (tmp_path / "tree" / "below" / "file").write_bytes(b"")
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "kept").write_bytes(b"")
    (tmp_path / "tree" / "link").symlink_to(tmp_path / "elsewhere")
    disk.remove_tree(tmp_path / "tree")
    disk.remove_tree(tmp_path / "tree")
    assert sorted(path.name for path in tmp_path.rglob("*")) == ["elsewhere", "kept"]
