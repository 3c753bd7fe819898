"""Files like others and copies, on real files through the real service: what is alike, how, and what is never shown."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from finder.errors import FileError, UsageFaultError
from finder.paths import Home, path_to_uri
from finder.service.client import Client, connect
from tests.benchmarks.related_files import Prose
from tests.conftest import end_service, make_home
from tests.integration.pipelines import wait_until

INVOICE = (
    "Invoice number: {number}\nDate: {date}\nBill to: {who}, {where}\nOrder: {number}-7\nTotal: {total} EUR\n\n"
    "Please pay within thirty days to the account below and quote the number of the invoice.\n"
)
FIRST = INVOICE.format(number=1041, date="3 March 2021", who="Ada Berg", where="Lisbon", total="310.50")
SECOND = INVOICE.format(number=2215, date="19 July 2023", who="Jun Sato", where="Turin", total="87.20")
STORY = "\n\n".join(Prose(3).document(8, 2)() for _ in range(6))
EDITED = Prose(4).edited(STORY, 0.1)
PICTURE = b"\x89PNG nothing that can be read" + bytes(range(256)) * 8


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Documents that no test of this module changes."""
    base = tmp_path_factory.mktemp("similar") / "docs"
    for name, text in {
        "story.txt": STORY,
        "old/story, first draft.md": EDITED,
        "old/story copy.txt": STORY,
        "more of the subject.txt": Prose(9).document(30, 2)(),
        "invoices/march.txt": FIRST,
        "invoices/july.txt": SECOND,
        **{f"other/{number}.txt": Prose(number).document(30, number)() for number in range(3, 12)},
        "soup.md": "# Soup\n\nBoil the onions slowly, then add the barley, and let it rest overnight.\n",
    }.items():
        path = base / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    (base / "holiday in Porto.raw").write_bytes(PICTURE)
    (base / "old" / "Porto 2.raw").write_bytes(PICTURE)
    (base / "holiday in Cork.raw").write_bytes(PICTURE[::-1])
    (base / "void.txt").touch()
    (base / "old" / "void.txt").touch()
    os.link(base / "soup.md", base / "old" / "soup, linked.md")
    Path(os.fsdecode(os.path.join(os.fsencode(base), b"caf\xe9.txt"))).write_text(FIRST.replace("1041", "1042"))
    return base


@pytest.fixture(scope="module")
def client(folder: Path, tmp_path_factory: pytest.TempPathFactory, runtime_folder: Path) -> Iterator[Client]:
    home = make_home(tmp_path_factory.mktemp("home") / "home")
    with connect(home) as connected:
        index(connected, folder)
        yield connected
    end_service(home)


def index(client: Client, folder: Path) -> None:
    client.call("index", {"folders": [uri(folder)], "is_watched": True}, timeout_s=60)


def uri(path: Path) -> str:
    return path_to_uri(os.fsencode(path))


def similar(client: Client, *paths: Path, text: str | None = None, within: Path | None = None) -> dict[str, Any]:
    folders = [uri(within)] if within is not None else []
    params = {"uris": [uri(path) for path in paths], "text": text, "folders": folders, "limit": 10}
    return client.call("similar", params, timeout_s=60)


def duplicates(client: Client, *folders: Path) -> dict[str, Any]:
    return client.call("duplicates", {"folders": [uri(folder) for folder in folders]}, timeout_s=60)


def names(rows: list[dict[str, Any]]) -> list[str]:
    return [row["name"] for row in rows]


def groups(found: dict[str, Any]) -> list[tuple[str, set[str]]]:
    return [
        (
            group["relation"],
            {os.path.basename(path) for file in group["files"] for path in (file["path"], *file["copies"])},
        )
        for group in found["groups"]
    ]


def test_copies_versions_and_the_subject_are_three_answers(client: Client, folder: Path) -> None:
    found = similar(client, folder / "story.txt")
    assert names(found["copies"]) == ["story copy.txt", "story, first draft.md"]
    assert [row["relation"] for row in found["copies"]] == ["copy", "version"]
    assert found["copies"][0]["share"] == 1
    assert 0.7 < found["copies"][1]["share"] < 1
    assert found["subject"][0]["name"] == "more of the subject.txt"
    everything = [row["uri"] for part in ("copies", "kind", "subject") for row in found[part]]
    assert len(everything) == len(set(everything))
    assert uri(folder / "story.txt") not in everything


def test_a_form_filled_in_differently_is_of_the_same_kind_and_no_copy(client: Client, folder: Path) -> None:
    found = similar(client, folder / "invoices" / "march.txt")
    assert "july.txt" in names(found["kind"])
    assert names(found["copies"]) == ["caf\ufffd.txt"]  # one number was corrected
    assert "march.txt" not in names(found["kind"])


def test_of_two_equal_files_asked_about_each_copy_is_shown_once(client: Client, folder: Path, tmp_path: Path) -> None:
    shutil.copyfile(folder / "story.txt", tmp_path / "carried home.txt")
    assert names(similar(client, tmp_path / "carried home.txt", folder / "old" / "story copy.txt")["copies"]) == [
        "story.txt",
        "story, first draft.md",
    ]


def test_a_file_outside_the_index_is_read_compared_and_forgotten(client: Client, folder: Path, tmp_path: Path) -> None:
    before = client.call("status")
    outside = tmp_path / "story, second draft.md"
    outside.write_text(Prose(5).edited(EDITED, 0.05), encoding="utf-8")
    for _ in range(2):  # the second time from memory
        found = similar(client, outside)
        assert set(names(found["copies"])) == {"story, first draft.md", "story.txt"}
        assert found["copies"][0]["name"] == "story, first draft.md"
    after = client.call("status")
    assert (after["files"], after["vectors"], after["passages"]) == (
        before["files"],
        before["vectors"],
        before["passages"],
    )


def test_a_copy_outside_the_index_finds_what_it_is_a_copy_of(client: Client, folder: Path, tmp_path: Path) -> None:
    shutil.copyfile(folder / "story.txt", tmp_path / "carried home.txt")
    found = similar(client, tmp_path / "carried home.txt")
    assert set(names(found["copies"])[:2]) == {"story.txt", "story copy.txt"}
    assert {row["relation"] for row in found["copies"][:2]} == {"copy"}


def test_several_files_and_a_text_are_asked_about_at_once(client: Client, folder: Path) -> None:
    found = similar(client, folder / "story.txt", folder / "invoices" / "march.txt", text=STORY[: len(STORY) // 2])
    assert found["compared"][-1] == "text"
    assert {"story copy.txt", "story, first draft.md"} <= set(names(found["copies"]))
    assert "july.txt" in names(found["kind"])
    shown = [*names(found["copies"]), *names(found["kind"]), *names(found["subject"])]
    assert not {"story.txt", "march.txt"} & set(shown)


def test_a_folder_limits_the_answer(client: Client, folder: Path) -> None:
    found = similar(client, folder / "story.txt", within=folder / "old")
    assert set(names(found["copies"])) == {"story copy.txt", "story, first draft.md"}
    assert names(found["subject"]) == []
    nowhere = similar(client, folder / "story.txt", within=folder.parent / "elsewhere")
    assert not nowhere["copies"]
    assert "inkling index" in nowhere["notes"][0]


def test_a_file_without_text_is_compared_by_name_and_bytes_and_says_so(client: Client, folder: Path) -> None:
    found = similar(client, folder / "holiday in Porto.raw")
    assert names(found["copies"]) == ["Porto 2.raw"]
    assert names(found["kind"]) == ["holiday in Cork.raw"]
    assert found["subject"] == []
    assert "has no text to compare" in found["notes"][0]


def test_an_empty_file_is_a_copy_of_nothing(client: Client, folder: Path) -> None:
    assert similar(client, folder / "void.txt")["copies"] == []


def test_a_name_that_is_no_text_is_asked_about_exactly(client: Client, folder: Path) -> None:
    odd = Path(os.fsdecode(os.path.join(os.fsencode(folder), b"caf\xe9.txt")))
    assert names(similar(client, odd)["copies"]) == ["march.txt"]


def test_a_hard_link_is_the_file_itself_and_no_copy(client: Client, folder: Path) -> None:
    assert similar(client, folder / "soup.md")["copies"] == []
    assert all("soup" not in "".join(files) for _, files in groups(duplicates(client)))


@pytest.mark.parametrize(
    ("name", "content", "note"),
    [
        ("nothing.txt", b"", "has no text"),
        ("program.txt", b"\x7fELF\x00\x01\x02" * 900, "has no text"),
        ("key.txt", b"-----BEGIN OPENSSH PRIVATE KEY-----\nsecret\n", "has no text"),
    ],
)
def test_what_holds_no_text_is_compared_by_its_name(
    client: Client, tmp_path: Path, name: str, content: bytes, note: str
) -> None:
    (tmp_path / name).write_bytes(content)
    found = similar(client, tmp_path / name)
    assert note in found["notes"][0]
    assert (found["copies"], found["subject"]) == ([], [])


def test_a_file_that_cannot_be_read_says_why(client: Client, tmp_path: Path) -> None:
    (tmp_path / "torn.docx").write_bytes(b"PK\x03\x04 and no more")
    with pytest.raises(FileError) as caught:
        similar(client, tmp_path / "torn.docx")
    assert caught.value.code == "corrupt"
    assert caught.value.path == str(tmp_path / "torn.docx")


def test_a_file_whose_name_is_no_text_is_named_in_its_error(client: Client, tmp_path: Path) -> None:
    odd = os.path.join(os.fsencode(tmp_path), b"torn \xe9.docx")
    Path(os.fsdecode(odd)).write_bytes(b"PK\x03\x04 and no more")
    with pytest.raises(FileError) as caught:
        similar(client, Path(os.fsdecode(odd)))
    assert caught.value.path == f"{tmp_path}/torn \ufffd.docx"


@pytest.mark.parametrize("what", ["folder", "nothing", "empty text", "fifo", "no question"])
def test_what_is_no_file_is_refused_in_words(client: Client, folder: Path, tmp_path: Path, what: str) -> None:
    os.mkfifo(tmp_path / "fifo")
    asked: dict[str, Any] = {
        "folder": {"uris": [uri(folder)]},
        "nothing": {"uris": [uri(folder / "gone.txt")]},
        "empty text": {"uris": [], "text": " \u200b\n"},
        "fifo": {"uris": [uri(tmp_path / "fifo")]},
        "no question": {"uris": []},
    }[what]
    with pytest.raises((UsageFaultError, FileError)) as caught:
        client.call("similar", asked, timeout_s=60)
    assert caught.value.title in (
        *("It is a folder", "No such file", "The text is empty", "Not a regular file", "Nothing to compare with"),
    )


def test_a_name_that_qt_could_not_say_gets_a_clear_word(client: Client, tmp_path: Path) -> None:
    with pytest.raises(UsageFaultError) as caught:
        client.call("similar", {"uris": [uri(tmp_path / "caf\ufffd.txt")]}, timeout_s=60)
    assert "UTF-8" in caught.value.detail
    assert "in a terminal" in caught.value.hint


def test_copies_and_versions_are_grouped_and_forms_are_not(client: Client, folder: Path) -> None:
    found = duplicates(client)
    assert groups(found) == [
        ("copy", {"story.txt", "story copy.txt"}),
        ("copy", {"holiday in Porto.raw", "Porto 2.raw"}),
        ("version", {"story.txt", "story copy.txt", "story, first draft.md"}),
        ("version", {"march.txt", "caf\ufffd.txt"}),
    ]
    copies = found["groups"][0]
    assert copies["freeable_bytes"] == len(STORY.encode())
    assert copies["size_bytes"] == 2 * len(STORY.encode())
    assert found["copies_bytes"] == len(STORY.encode()) + len(PICTURE)
    assert groups(duplicates(client, folder / "old")) == [("version", {"story copy.txt", "story, first draft.md"})]


def test_a_version_group_begins_with_the_newest_and_names_its_copies(client: Client, folder: Path) -> None:
    group = next(group for group in duplicates(client)["groups"] if group["relation"] == "version")
    assert group["files"][0]["share"] == 1
    assert 0.6 < group["files"][1]["share"] < 1
    story = next(file for file in group["files"] if file["name"] in ("story.txt", "story copy.txt"))
    assert len(story["copies"]) == 1


def test_a_folder_that_is_not_indexed_is_named(client: Client, tmp_path: Path) -> None:
    with pytest.raises(UsageFaultError) as caught:
        duplicates(client, tmp_path)
    assert "inkling index" in caught.value.hint


def test_what_changed_since_it_was_indexed_is_no_copy(home: Home, tmp_path: Path) -> None:
    base = tmp_path / "docs"
    base.mkdir()
    for name in ("one.txt", "other.txt", "third.txt"):
        (base / name).write_text(STORY)
    for name in ("one.raw", "other.raw"):
        (base / name).write_bytes(PICTURE)
    with connect(home) as client:
        client.call("index", {"folders": [uri(base)], "is_watched": False}, timeout_s=60)
        (base / "other.txt").write_text(STORY.replace("the", "teh"))
        for name in ("third.txt", "other.raw"):
            (base / name).chmod(0o600)  # its time of change is another, its bytes are not
        found = duplicates(client)
        assert groups(found) == [("copy", {"one.txt", "third.txt"}), ("copy", {"one.raw", "other.raw"})]
        assert found["changed"] == 1
        assert names(similar(client, base / "one.txt")["copies"]) == ["third.txt"]
        os.link(base / "one.txt", base / "linked.txt")
        client.call("index", {"folders": [uri(base)], "is_watched": False}, timeout_s=60)
        wait_until(lambda: duplicates(client)["files"] == 6)
        first = next(group for group in duplicates(client)["groups"] if group["relation"] == "copy")
        assert first["freeable_bytes"] == len(STORY.encode())
        assert sorted(len(file["links"]) for file in first["files"]) == [0, 1]


def test_a_folder_is_looked_through_however_many_copies_lie_elsewhere(home: Home, tmp_path: Path) -> None:
    base = tmp_path / "docs"
    for folder, count in (("archive", 250), ("zone", 2)):
        (base / folder).mkdir(parents=True)
        for number in range(count):
            (base / folder / f"{number}.txt").write_text(FIRST)
            (base / folder / f"{number}.raw").write_bytes(PICTURE)
    (tmp_path / "edited.txt").write_text(FIRST + "By bank transfer alone, please.\n")
    with connect(home) as client:
        for folder in ("archive", "zone"):
            client.call("index", {"folders": [uri(base / folder)], "is_watched": False}, timeout_s=60)
        for name in ("0.txt", "0.raw"):
            found = similar(client, base / "archive" / name, within=base / "zone")["copies"]
            assert {row["path"] for row in found} == {str(base / "zone" / f"{at}{name[1:]}") for at in (0, 1)}
        assert len(similar(client, tmp_path / "edited.txt", within=base / "zone")["copies"][0]["copies"]) == 1
        assert [group["file_count"] for group in duplicates(client, base / "zone")["groups"]] == [2, 2]


def test_a_file_that_changed_is_read_as_it_is_now(home: Home, tmp_path: Path) -> None:
    base = tmp_path / "docs"
    base.mkdir()
    (base / "invoice.txt").write_text(FIRST)
    (base / "story.txt").write_text(STORY)
    with connect(home) as client:
        assert similar(client, base / "story.txt")["notes"][0].startswith("Nothing is indexed yet")
        client.call("index", {"folders": [uri(base)], "is_watched": False}, timeout_s=60)
        (base / "invoice.txt").write_text(EDITED)
        assert names(similar(client, base / "invoice.txt")["copies"]) == ["story.txt"]


def test_of_versions_the_most_equal_comes_first_and_not_what_merely_holds_it(home: Home, tmp_path: Path) -> None:
    base, story = tmp_path / "docs", Prose(5).document(40)()
    half = story[: len(story) // 2]
    base.mkdir()
    (base / "story.txt").write_text(story)
    (base / "half, draft.txt").write_text(Prose(4).edited(half, 0.05))
    with connect(home) as client:
        client.call("index", {"folders": [uri(base)], "is_watched": False}, timeout_s=60)
        found = similar(client, text=half)["copies"]
    assert names(found) == ["half, draft.txt", "story.txt"]
    assert found[0]["share"] > found[1]["share"]


def test_what_is_excluded_is_never_shown(home: Home, tmp_path: Path) -> None:
    base = tmp_path / "docs"
    (base / "private").mkdir(parents=True)
    (base / "story.txt").write_text(STORY)
    (base / "private" / "diary.txt").write_text(STORY)
    with connect(home) as client:
        index(client, base)
        assert names(similar(client, base / "story.txt")["copies"]) == ["diary.txt"]
        client.call("exclude", {"add": ["private/"], "remove": []}, timeout_s=60)
        assert similar(client, base / "story.txt")["copies"] == []
        assert groups(duplicates(client)) == []


def test_a_film_is_a_copy_only_where_all_its_bytes_are_equal(home: Home, tmp_path: Path) -> None:
    """The catalog knows it by samples of its bytes."""
    base = tmp_path / "docs"
    base.mkdir()
    film = b"\0" * 2_000_000
    for name, at in (("film.mp4", None), ("film, copy.mp4", None), ("another film.mp4", 500_000)):
        (base / name).write_bytes(film if at is None else film[:at] + b"\x01" + film[at + 1 :])
    with connect(home) as client:
        index(client, base)
        assert groups(duplicates(client)) == [("copy", {"film.mp4", "film, copy.mp4"})]
        assert names(similar(client, base / "film.mp4")["copies"]) == ["film, copy.mp4"]
