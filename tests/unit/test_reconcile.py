"""What a pass makes of real folders: moves keep their rows, what is away is kept, and no row leads in a circle."""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import apsw
import pytest

from finder.errors import FinderError
from finder.files.mounts import filesystem_of
from finder.files.rules import FolderRules, Rules
from finder.files.scan import FolderListing, scan_folder
from finder.files.settle import FolderChange
from finder.index.presence import Presence
from finder.index.reconcile import PassOutcome
from finder.index.scanning import ScanningStage
from finder.store import files, folders
from finder.store.catalog import Catalog
from tests.integration.pipelines import limit_pages, wait_until

_WAIT_S = 60.0
_SECOND_LOOK_S = 1.0


class Scanned:
    """A catalog and the scanning stage before it."""

    def __init__(self, home: Path) -> None:
        home.mkdir()
        self.catalog = Catalog(home / "catalog.db")
        self.patterns: tuple[str, ...] = ()
        self.outcomes: list[PassOutcome] = []
        self.stage = ScanningStage(
            self.catalog,
            lambda: Rules(home, self.patterns, True, 1 << 20),
            self.outcomes.append,
            Presence(self.catalog),
            second_look_s=_SECOND_LOOK_S,
        )
        self.stage.start()

    def close(self) -> None:
        self.stage.ask_to_stop()
        self.stage.join()
        self.catalog.close()

    def add(self, folder: Path) -> None:
        found = folder.stat()
        path = os.fsencode(folder)
        self.catalog.write(lambda connection: folders.add_root(connection, path, found.st_dev, found.st_ino, True))
        self.look(folder)

    def look(self, folder: Path, is_deep: bool = True) -> None:
        self.stage.look_at(os.fsencode(folder), is_deep).result(_WAIT_S)

    def ids(self) -> dict[str, int]:
        """The row of each file, by its path."""
        connection = self.catalog.reader()
        rows = connection.execute("SELECT id, folder_id, name FROM files").fetchall()
        paths = [os.fsdecode(os.path.join(folders.path_of(connection, holder), name)) for _, holder, name in rows]
        assert len(set(paths)) == len(rows), "a path stands twice"
        return {path: row[0] for path, row in zip(paths, rows, strict=True)}


@pytest.fixture
def scanned(tmp_path: Path) -> Iterator[Scanned]:
    opened = Scanned(tmp_path / "home")
    yield opened
    opened.close()


@pytest.fixture
def docs(tmp_path: Path) -> Path:
    folder = tmp_path / "docs"
    for name in ("a/one.txt", "a/deep/two.txt", "b/three.txt", "four.txt"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(name)
    return folder


def on_disk(folder: Path) -> set[str]:
    return {str(path) for path in folder.rglob("*") if path.is_file()}


def _swap_folders(docs: Path) -> None:
    (docs / "a").rename(docs / "c")
    (docs / "b").rename(docs / "a")
    (docs / "c").rename(docs / "b")


def _turn_inside_out(docs: Path) -> None:
    (docs / "a" / "deep").rename(docs / "deep")
    (docs / "a").rename(docs / "deep" / "a")


def _file_becomes_folder(docs: Path) -> None:
    (docs / "four.txt").unlink()
    (docs / "four.txt").mkdir()
    (docs / "four.txt" / "five.txt").write_text("5")


def _folder_becomes_file(docs: Path) -> None:
    (docs / "b" / "three.txt").unlink()
    (docs / "b").rmdir()
    (docs / "b").write_text("no folder any more")


def _old_inside_new_of_its_name(docs: Path) -> None:
    (docs / "a").rename(docs / "aside")
    (docs / "a" / "deep").mkdir(parents=True)
    (docs / "aside").rename(docs / "a" / "deep" / "old")


def _folder_under_the_name_of_a_file(docs: Path) -> None:
    (docs / "four.txt").rename(docs / "was.txt")
    (docs / "a").rename(docs / "four.txt")


@pytest.mark.parametrize(
    "change",
    [
        _swap_folders,
        _turn_inside_out,
        _file_becomes_folder,
        _folder_becomes_file,
        _old_inside_new_of_its_name,
        _folder_under_the_name_of_a_file,
    ],
)
def test_after_any_change_the_catalog_holds_what_the_disk_does(
    scanned: Scanned, docs: Path, change: Callable[[Path], None]
) -> None:
    scanned.add(docs)
    change(docs)
    scanned.look(docs)
    assert scanned.ids().keys() == on_disk(docs)


@pytest.mark.parametrize("change", [_swap_folders, _turn_inside_out, _folder_under_the_name_of_a_file])
def test_what_only_moved_keeps_its_rows(scanned: Scanned, docs: Path, change: Callable[[Path], None]) -> None:
    scanned.add(docs)
    before = {Path(path).name: id for path, id in scanned.ids().items() if not path.endswith("four.txt")}
    change(docs)
    scanned.look(docs)
    after = {Path(path).name: id for path, id in scanned.ids().items()}
    assert before.items() <= after.items()
    assert (scanned.outcomes[-1].added, scanned.outcomes[-1].removed) == (0, 0)


def test_a_folder_moved_into_a_new_one_of_its_old_name_makes_no_circle(scanned: Scanned, docs: Path) -> None:
    """A shallow look at the inner folder alone sees the old folder before its former place was looked at."""
    scanned.add(docs)
    _old_inside_new_of_its_name(docs)
    scanned.look(docs / "a" / "deep", is_deep=False)
    connection = scanned.catalog.reader()
    for (folder_id,) in connection.execute("SELECT id FROM folders").fetchall():
        steps, at = 0, folder_id
        while at is not None:
            at = connection.execute("SELECT parent_id FROM folders WHERE id = ?", (at,)).get
            steps += 1
            assert steps < 10, "folders hang below themselves"
    scanned.look(docs)
    assert scanned.ids().keys() == on_disk(docs)


def test_a_drive_that_is_away_loses_nothing_to_another_with_the_same_numbers(
    scanned: Scanned, docs: Path, tmp_path: Path
) -> None:
    """Inode numbers repeat from drive to drive, and device numbers with the socket they are plugged into."""
    scanned.add(docs)
    before = scanned.ids()
    away, other = tmp_path / "away", tmp_path / "other"
    docs.rename(away)
    other.mkdir()
    (away / "a").rename(other / "a")
    scanned.add(other)
    assert before.items() <= scanned.ids().items()


def test_the_bare_mount_point_of_an_unplugged_drive_deletes_nothing(scanned: Scanned, docs: Path) -> None:
    scanned.add(docs)
    before = scanned.ids()
    docs.rename(docs.with_name("away"))
    docs.mkdir()
    root = folders.roots(scanned.catalog.reader())[0]
    scanned.catalog.write(
        lambda connection: connection.execute("UPDATE roots SET filesystem = 'its own' WHERE id = ?", (root.id,))
    )
    with pytest.raises(FinderError, match="another drive"):
        scanned.look(docs)
    assert scanned.ids() == before
    assert not folders.roots(scanned.catalog.reader())[0].is_online
    assert files.waiting(scanned.catalog.reader(), 10) == []
    docs.rmdir()
    docs.with_name("away").rename(docs)
    scanned.look(docs)
    assert folders.roots(scanned.catalog.reader())[0].is_online
    assert len(files.waiting(scanned.catalog.reader(), 10)) == 4


def test_a_drive_that_is_pulled_out_during_a_scan_deletes_nothing(
    scanned: Scanned, docs: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The scan sees the bare mount point: what was there a moment before must not count as deleted."""
    scanned.add(docs)
    before = scanned.ids()
    away = docs.with_name("away")

    def pull_out(folder: FolderRules) -> FolderListing:
        docs.rename(away)
        docs.mkdir()
        listing = scan_folder(folder)
        docs.rmdir()
        return listing

    monkeypatch.setattr("finder.index.scanning.scan_folder", pull_out)
    scanned.look(docs, is_deep=False)
    assert scanned.ids() == before
    assert not folders.roots(scanned.catalog.reader())[0].is_online


def test_a_drive_below_another_root_is_a_root_of_its_own_while_it_is_away(
    scanned: Scanned, docs: Path, tmp_path: Path
) -> None:
    scanned.add(docs / "a")
    before = scanned.ids()
    (docs / "a").rename(tmp_path / "away")
    (docs / "a").mkdir()
    set_filesystem(scanned, docs / "a", "its own")
    scanned.add(docs)
    assert before.items() <= scanned.ids().items()
    scanned.look(docs, is_deep=False)
    assert before.items() <= scanned.ids().items()
    assert [root.path for root in folders.roots(scanned.catalog.reader())] == [
        os.fsencode(docs / "a"),
        os.fsencode(docs),
    ]


def test_numbers_that_drift_do_not_make_another_drive(scanned: Scanned, docs: Path) -> None:
    scanned.add(docs)
    set_filesystem(scanned, docs, "what it was before the computer started anew")
    (docs / "four.txt").unlink()
    scanned.look(docs)
    assert len(scanned.ids()) == 3
    assert folders.roots(scanned.catalog.reader())[0].filesystem == filesystem_of(os.fsencode(docs))


def set_filesystem(scanned: Scanned, folder: Path, name: str) -> None:
    change = "UPDATE roots SET filesystem = ? WHERE folder_id = (SELECT id FROM folders WHERE name = ?)"
    scanned.catalog.write(lambda connection: connection.execute(change, (name, os.fsencode(folder))))


@pytest.fixture
def many(scanned: Scanned, tmp_path: Path) -> Path:
    """A root with 1,300 files in 13 folders."""
    folder = tmp_path / "many"
    for number in range(1300):
        holder = folder / f"{number % 13}"
        holder.mkdir(parents=True, exist_ok=True)
        (holder / f"{number}.txt").write_text(f"{number}")
    scanned.add(folder)
    return folder


def test_the_loss_of_most_of_a_root_is_believed_when_it_is_seen_twice(scanned: Scanned, many: Path) -> None:
    for number in range(12):
        shutil.rmtree(many / f"{number}")
    scanned.look(many)
    assert len(scanned.ids()) == 1300
    (note,) = scanned.stage.notes
    assert "1,200 of 1,300 files are missing" in note
    wait_until(lambda: len(scanned.ids()) == 100)
    assert scanned.ids().keys() == on_disk(many)
    assert scanned.stage.notes == []


def test_what_comes_back_before_the_second_look_has_never_left(scanned: Scanned, many: Path, tmp_path: Path) -> None:
    """As when a drive fails for a moment: only what is missing both times goes."""
    before = scanned.ids()
    for number in range(12):
        (many / f"{number}").rename(tmp_path / f"{number}")
    scanned.look(many)
    assert scanned.stage.notes
    for number in range(1, 12):
        (tmp_path / f"{number}").rename(many / f"{number}")
    wait_until(lambda: len(scanned.ids()) == 1200)
    assert scanned.ids().items() <= before.items()
    assert scanned.stage.notes == []


def test_what_only_the_second_look_misses_is_looked_for_again(scanned: Scanned, many: Path, tmp_path: Path) -> None:
    """A failing drive shows other folders as empty each time."""
    for number in range(12):
        (many / f"{number}").rename(tmp_path / f"{number}")
    scanned.look(many)
    (tmp_path / "0").rename(many / "0")
    (many / "12").rename(tmp_path / "12")
    wait_until(lambda: len(scanned.ids()) < 1300)
    assert len(scanned.ids()) == 200  # of "0", which is back, and of "12"
    (note,) = scanned.stage.notes
    assert "100 of 1,300 files are missing" in note
    wait_until(lambda: len(scanned.ids()) == 100)
    assert scanned.ids().keys() == on_disk(many)


def test_a_look_before_its_time_decides_nothing(scanned: Scanned, many: Path) -> None:
    shutil.rmtree(many)
    many.mkdir()
    for _ in range(3):
        scanned.look(many)
    assert len(scanned.ids()) == 1300
    wait_until(lambda: scanned.ids() == {})


def test_a_large_folder_that_moves_is_no_loss(scanned: Scanned, many: Path) -> None:
    before = set(scanned.ids().values())
    (many / "moved").mkdir()
    for number in range(12):
        (many / f"{number}").rename(many / "moved" / f"{number}")
    scanned.look(many)
    assert scanned.ids().keys() == on_disk(many)
    assert set(scanned.ids().values()) == before
    assert scanned.stage.notes == []


def test_what_a_rule_leaves_out_goes_at_once_however_much_it_is(scanned: Scanned, many: Path) -> None:
    scanned.patterns = ("*.txt",)
    scanned.look(many)
    assert scanned.ids() == {}
    assert scanned.stage.notes == []


def test_a_root_that_is_forgotten_is_missed_no_more(scanned: Scanned, many: Path) -> None:
    for number in range(12):
        shutil.rmtree(many / f"{number}")
    scanned.look(many)
    assert scanned.stage.notes
    (root,) = folders.roots(scanned.catalog.reader())
    scanned.catalog.write(lambda connection: folders.detach(connection, root.folder_id))
    wait_until(lambda: scanned.stage.notes == [])


def test_many_new_folders_side_by_side_take_time_for_each_not_for_each_pair(scanned: Scanned, docs: Path) -> None:
    scanned.add(docs)
    holder = os.fsencode(docs / "unpacked")
    deep = [holder + b"/%d" % number for number in range(5_000)]
    begun_s = time.process_time()
    covered = scanned.stage._covered([holder, *deep, deep[7] + b"/x/y"], deep)
    assert time.process_time() - begun_s < 3  # each pair: 13 s
    assert covered == {deep[7] + b"/x/y"}


def test_changes_that_come_while_scanning_rests_take_bounded_memory(scanned: Scanned, docs: Path) -> None:
    scanned.add(docs)
    scanned.stage.pause(True)
    root = os.fsencode(docs)
    (docs / "b" / "four.txt").write_text("four")
    scanned.stage.look_at_all(FolderChange(root, root + b"/gone%d" % number, False) for number in range(60_000))
    scanned.stage.look_at_all([FolderChange(root, os.fsencode(docs / "b"), False)])
    assert len(scanned.stage._requests) <= 20_001
    scanned.stage.pause(False)
    wait_until(lambda: scanned.ids().keys() == on_disk(docs))


def test_an_emptied_folder_is_empty(scanned: Scanned, docs: Path) -> None:
    scanned.add(docs)
    for path in sorted(docs.rglob("*"), reverse=True):
        path.rmdir() if path.is_dir() else path.unlink()
    scanned.look(docs)
    assert scanned.ids() == {}


def test_a_file_that_a_rule_keeps_out_for_a_while_waits_again_after_it(scanned: Scanned, docs: Path) -> None:
    scanned.add(docs)
    (docs / "large.iso").write_bytes(b"x")
    scanned.look(docs)
    state = "SELECT state FROM files WHERE name = ?"
    assert scanned.catalog.reader().execute(state, (b"large.iso",)).get == "name_only"
    (docs / "large.iso").rename(docs / "large.txt")
    scanned.look(docs)
    assert scanned.catalog.reader().execute(state, (b"large.txt",)).get == "waiting"
    (docs / "large.txt").rename(docs / "large.iso")
    scanned.look(docs)
    assert scanned.catalog.reader().execute(state, (b"large.iso",)).get == "name_only"


def test_a_folder_that_was_asked_for_while_the_disk_was_full_is_looked_at_later(scanned: Scanned, docs: Path) -> None:
    scanned.add(docs)
    pages = scanned.catalog.write(lambda connection: connection.pragma("page_count"))
    limit_pages(scanned.catalog, pages)
    for number in range(2000):
        (docs / f"{number}-{'x' * 200}.txt").touch()
    with pytest.raises(FinderError, match="disk is full"):
        scanned.look(docs)
    assert len(scanned.ids()) == 4
    limit_pages(scanned.catalog, 1 << 30)
    scanned.stage.wake()
    scanned.look(docs / "a", is_deep=False)
    assert len(scanned.ids()) == 2004


def test_a_folder_forgotten_during_a_pass_takes_no_later_row_with_it(scanned: Scanned, docs: Path) -> None:
    """Row numbers are used again: what went missing as one file may be another by the end of the pass."""
    from finder.files.scan import walk_from
    from finder.index.reconcile import ReconcilePass, remove_folder

    scanned.add(docs)
    (docs / "b" / "three.txt").unlink()
    this_pass = ReconcilePass()
    listings = list(walk_from(scanned.stage._rules_at(os.fsencode(docs), Rules(docs.parent / "home", (), True, 1))))

    def forget_and_add_another(connection: apsw.Connection) -> None:
        this_pass.apply(connection, listings)
        remove_folder(connection, folders.roots(connection)[0].folder_id, PassOutcome())
        other = folders.add_root(connection, b"/other", 1, 1, True)
        for number in range(8):
            folder = folders.add(connection, other, b"%d" % number, 1, 1)
            seen = files.SeenFile(b"kept.txt", listings[0].files[0].identity, "document")
            files.add(connection, folder, seen)

    scanned.catalog.write(forget_and_add_another)
    scanned.catalog.write(this_pass.finish)
    assert len(scanned.ids()) == 8


def test_a_stage_that_stops_answers_whoever_waits_for_a_scan(tmp_path: Path) -> None:
    opened = Scanned(tmp_path / "home")
    opened.close()
    assert opened.stage.look_at(b"/anywhere", is_deep=True).exception(_WAIT_S) is not None
