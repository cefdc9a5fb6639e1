"""The folder of the site: ours is replaced, a stranger's is refused, and what breaks leaves what was there."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from flows.errors import SettingsError
from flows.site.place import LIST, File, put_in_place
from warehouse import disk


def files(*paths: str, content: bytes = b"x") -> list[File]:
    return [File(path, content) for path in paths]


def there(folder: Path) -> set[str]:
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()} - {LIST}


def test_a_new_folder_and_an_empty_one_are_filled(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    for name in ("new/deep", "empty"):
        assert put_in_place(tmp_path / name, files("index.html", "trials/a.html"), "r1") == 2
        assert there(tmp_path / name) == {"index.html", "trials/a.html"}


def test_a_site_of_ours_is_replaced_and_pages_that_are_no_more_go(tmp_path: Path) -> None:
    put_in_place(tmp_path / "out", files("index.html", "old.html"), "r1")
    put_in_place(tmp_path / "out", files("index.html", "new.html", content=b"y"), "r2")
    assert there(tmp_path / "out") == {"index.html", "new.html"}
    assert (tmp_path / "out" / "index.html").read_bytes() == b"y"
    assert json.loads((tmp_path / "out" / LIST).read_text("utf-8"))["release"] == "r2"
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


@pytest.mark.parametrize("name", ["mine.txt", LIST, ".git"])
def test_a_folder_of_somebody_else_is_refused_and_left_as_it_is(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_text('{"made_by": "somebody"}', "utf-8")
    with pytest.raises(SettingsError, match="is no site of ours"):
        put_in_place(tmp_path, files("index.html"), "r1")
    assert [path.name for path in tmp_path.iterdir()] == [name]


def test_a_file_is_no_folder(tmp_path: Path) -> None:
    (tmp_path / "out").write_text("mine", "utf-8")
    with pytest.raises(SettingsError, match="is a file"):
        put_in_place(tmp_path / "out", files("index.html"), "r1")
    assert (tmp_path / "out").read_text("utf-8") == "mine"


def test_files_that_others_put_into_the_site_stay(tmp_path: Path) -> None:
    put_in_place(tmp_path, files("index.html"), "r1")
    (tmp_path / "CNAME").write_text("example.org", "utf-8")
    put_in_place(tmp_path, files("index.html"), "r2")
    assert there(tmp_path) == {"index.html", "CNAME"}
    with pytest.raises(SettingsError, match="CNAME is not of the site"):
        put_in_place(tmp_path, files("index.html", "CNAME"), "r3")
    assert (tmp_path / "CNAME").read_text("utf-8") == "example.org"


@pytest.mark.parametrize("path", ["../mine.txt", "/tmp/mine.txt", "a/../../mine.txt"])
def test_a_list_that_names_files_outside_takes_none_of_them_away(tmp_path: Path, path: str) -> None:
    (tmp_path / "mine.txt").write_text("mine", "utf-8")
    put_in_place(tmp_path / "out", files("index.html"), "r1")
    told = json.loads((tmp_path / "out" / LIST).read_text("utf-8"))
    (tmp_path / "out" / LIST).write_text(json.dumps(told | {"files": ["index.html", path, 3, None]}), "utf-8")
    put_in_place(tmp_path / "out", files("index.html"), "r2")
    assert (tmp_path / "mine.txt").read_text("utf-8") == "mine"


def test_what_breaks_while_pages_are_made_leaves_the_site_that_was_there(tmp_path: Path) -> None:
    put_in_place(tmp_path / "out", files("index.html", "a.html"), "r1")

    def breaking() -> Iterator[File]:
        yield File("index.html", b"new")
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        put_in_place(tmp_path / "out", breaking(), "r2")
    assert there(tmp_path / "out") == {"index.html", "a.html"}
    assert (tmp_path / "out" / "index.html").read_bytes() == b"x"
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


@pytest.mark.parametrize("moves", range(4))
def test_a_site_that_was_cut_off_while_it_moved_in_is_finished_by_the_next(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, moves: int
) -> None:
    out = tmp_path / "out"
    put_in_place(out, files("index.html", "a.html", "old.html"), "r1")
    move, left = disk.move, iter(range(moves))

    def until_power_is_cut(source: Path, target: Path) -> None:
        if next(left, None) is None:
            raise OSError("the power is cut")
        move(source, target)

    with monkeypatch.context() as cut:
        cut.setattr(disk, "move", until_power_is_cut)
        with pytest.raises(OSError, match="power"):
            put_in_place(out, files("index.html", "a.html", "b.html", "c.html", content=b"y"), "r2")
    put_in_place(out, files("index.html", "c.html", content=b"z"), "r3")
    assert there(out) == {"index.html", "c.html"}


def test_a_folder_that_is_a_disk_of_its_own_is_filled_from_within(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A volume of a container: names given from outside it would be on another disk."""
    out, beside = tmp_path / "out", []
    make = disk.make_temporary_folder
    monkeypatch.setattr(disk, "make_temporary_folder", lambda path: beside.append(path.parent) or make(path))
    monkeypatch.setattr(Path, "is_mount", lambda path: path == out)
    out.mkdir()
    (out / ".site-export-999999999-left").mkdir()  # of a process that was killed
    put_in_place(out, files("index.html"), "r1")
    assert beside == [out]
    assert sorted(path.name for path in out.iterdir()) == ["index.html", LIST]
    put_in_place(out, files("index.html", "a.html"), "r2")
    assert there(out) == {"index.html", "a.html"}
