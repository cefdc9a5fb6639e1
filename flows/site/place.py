"""Putting a site in its folder: pages in the place of pages, and nothing of anybody else's touched.

`site.json` names every file that is ours. A folder that holds files and no such list is no site of ours and is refused;
a file that is not in the list stays, and where one of ours would take its place the site is refused. Files are written
beside the folder, on the same disk, and moved in when all are made, the start page last; then what this release no
longer has is taken away. A process that is killed before leaves the site that was there; one killed while moving leaves
whole pages of two releases, each of which says which, and the next makes the rest.
"""

from __future__ import annotations

import json
import os
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from flows.errors import SettingsError
from warehouse import disk

LIST = "site.json"
MADE_BY = "cartrials site"
START = "index.html"
WORKSHOP = "site"


@dataclass(frozen=True)
class File:
    """One file of the site, by its path from the root."""

    path: str
    content: bytes


def check_place(folder: Path) -> None:
    """Raises SettingsError where the folder is a file, or holds files and is no site of ours."""
    if folder.exists() and not folder.is_dir():
        raise SettingsError(f"{folder} is a file; name a folder for the site.")
    if folder.is_dir() and not _is_ours(folder) and any(not _is_left(path) for path in folder.iterdir()):
        raise SettingsError(
            f"{folder} holds files and is no site of ours (it has no {LIST} that says so). Name an empty folder, or "
            "one that `cartrials site` has written."
        )


def put_in_place(folder: Path, files: Iterable[File], release: str) -> int:
    """Write the files of a site into `folder`; how many. Raises SettingsError and OSError."""
    check_place(folder)
    made = disk.make_temporary_folder(_beside(folder.resolve()))
    try:
        paths = [_write(made, file) for file in files]
        before = _listed(folder)
        strangers = [path for path in paths if path not in before and (folder / path).exists()]
        if strangers:
            raise SettingsError(
                f"{folder / strangers[0]} is not of the site and has the name of one of its files. Move it away, or "
                "name another folder."
            )
        # Whatever happens from here on, what is ours is known: the next run can take it away.
        disk.write_durably(folder / LIST, _list({*paths, *before}, release))
        _move(made, folder, sorted(paths, key=lambda path: (path == START, path)))
        for path in sorted(before - set(paths)):
            disk.unlink(folder / path)
        disk.write_durably(folder / LIST, _list(paths, release))
    finally:
        disk.remove_tree(made)
    return len(paths)


def _beside(folder: Path) -> Path:
    """What the pages are made beside: the folder, or a name in it where it is a disk of its own, as a container's
    volume is, or where the folder above belongs to somebody else."""
    is_alone = folder.is_dir() and (folder.is_mount() or not os.access(folder.parent, os.W_OK))
    return folder / WORKSHOP if is_alone else folder


def _is_left(path: Path) -> bool:
    """Whether a run that was killed left it in a folder that it had not filled yet."""
    return path.name.startswith(f".{WORKSHOP}-export-")


def _write(made: Path, file: File) -> str:
    disk.make_folder((made / file.path).parent)
    with disk.opened(made / file.path) as stream:
        stream.write(file.content)
    return file.path


def _move(made: Path, folder: Path, paths: Sequence[str]) -> None:
    for path in paths:
        disk.make_folder((folder / path).parent)
        disk.move(made / path, folder / path)
    for below in {(folder / path).parent for path in paths}:
        disk.sync_folder(below)


def _list(paths: Collection[str], release: str) -> bytes:
    told = {"made_by": MADE_BY, "release": release, "files": sorted(paths)}
    return (json.dumps(told, indent=1) + "\n").encode()


def _is_ours(folder: Path) -> bool:
    return _read(folder).get("made_by") == MADE_BY


def _listed(folder: Path) -> set[str]:
    """Files of the site that is there; a path that leads out of the folder is none."""
    named = _read(folder).get("files")
    paths = {path for path in named if isinstance(path, str)} if isinstance(named, list) else set()
    return {path for path in paths if not PurePosixPath(path).is_absolute() and ".." not in PurePosixPath(path).parts}


def _read(folder: Path) -> dict[str, object]:
    try:
        told = json.loads((folder / LIST).read_bytes())
    except (OSError, ValueError):
        return {}
    return told if isinstance(told, dict) else {}
