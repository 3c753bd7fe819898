"""Text recognition without its program: limits that hold whatever it does, keys that tell what to read again."""

from __future__ import annotations

import ctypes
import io
import json
import os
import subprocess
import sys
import threading
from pathlib import Path

import psutil
import pytest

from finder.errors import CancelledError, FileError, WorkerDiedError
from finder.extract.kinds import accepted_keys, is_known_by_samples, recorded_key
from finder.extract.pages.pdf_drawing import draw
from finder.extract.text.page_text import in_words
from finder.workers import launch, recognition
from finder.workers.recognition import DrawnPage, Recogniser
from finder.workers.tesseract import Tesseract, texts_of, wanted_languages
from tests import documents
from tests.documents_pdf import one_page, shown, stream
from tests.integration.pipelines import wait_until

ROOT = Path(__file__).parents[2]
needs_linux = pytest.mark.skipif(sys.platform != "linux", reason="the sandbox beyond limits is Linux's")

_LANDLOCK_CREATE_RULESET = 444
ROW = "5\\t1\\t1\\t1\\t1\\t1\\t0\\t0\\t0\\t0\\t96\\twords"
STAND_IN = """#!/bin/sh
[ "$1" = --list-langs ] && { echo 'List of available languages (2):'; echo eng; echo osd; exit 0; }
"""
"""Then comes what the test is about. It can start nothing: only what the shell does itself works."""


@pytest.fixture
def stand_in(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A program called tesseract, the only one that is found. The test writes the rest of it."""
    program = tmp_path / "bin" / "tesseract"
    program.parent.mkdir()
    program.write_text(STAND_IN)
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(program.parent))
    return program


def goes_on(program: Path, source: str) -> None:
    program.write_text(STAND_IN + source)


def processes_of(program: Path) -> list[int]:
    running = psutil.process_iter(["cmdline"])
    return [process.pid for process in running if str(program) in (process.info["cmdline"] or [])]


# The program's limits


@pytest.mark.parametrize(
    ("source", "code"),
    [
        ("while :; do :; done", "too_slow"),
        ("while read -r line; do :; done; exit 3", "crashed"),
        ("while :; do echo 'the same over and over again, as much as anybody will take'; done", "crashed"),
        ("sleep 60 & sleep 60 & while :; do :; done", "crashed" if sys.platform == "linux" else "too_slow"),
    ],
    ids=["hangs", "fails", "talks without end", "starts others"],
)
def test_whatever_the_program_does_it_is_ended_and_said(
    stand_in: Path, monkeypatch: pytest.MonkeyPatch, source: str, code: str
) -> None:
    monkeypatch.setattr("finder.workers.tesseract._OUTPUT_BYTES", 100_000)
    goes_on(stand_in, source)
    with pytest.raises(WorkerDiedError) as caught:
        Tesseract().read(b"P5 1 1 255\n\0", timeout_s=1.0 if code == "too_slow" else 30.0)
    assert caught.value.code == code
    assert processes_of(stand_in) == []


def test_a_program_that_does_not_listen_does_not_hold_the_picture_up(stand_in: Path) -> None:
    goes_on(stand_in, f"printf '{ROW}'")
    assert Tesseract().read(bytes(1 << 20), timeout_s=10) == {1: "words"}


def test_stopping_ends_what_runs_and_nothing_runs_afterwards(stand_in: Path) -> None:
    goes_on(stand_in, "while :; do :; done")
    tesseract = Tesseract()
    assert tesseract.installed() is not None
    ended: list[BaseException] = []

    def read() -> None:
        try:
            tesseract.read(b"", timeout_s=60)
        except CancelledError as error:
            ended.append(error)

    reading = threading.Thread(target=read)
    reading.start()
    wait_until(lambda: bool(processes_of(stand_in)), timeout_s=20)
    tesseract.stop()
    reading.join(timeout=20)
    assert len(ended) == 1
    assert processes_of(stand_in) == []
    with pytest.raises(CancelledError):
        tesseract.read(b"", timeout_s=60)


@needs_linux
def test_the_program_ends_with_a_service_that_is_killed(stand_in: Path) -> None:
    goes_on(stand_in, "while :; do :; done")
    script = "from finder.workers.tesseract import Tesseract; Tesseract().read(b'', timeout_s=60)"
    service = subprocess.Popen([sys.executable, "-c", script], cwd=ROOT, start_new_session=True)
    wait_until(lambda: bool(processes_of(stand_in)), timeout_s=20)
    service.kill()
    service.wait()
    wait_until(lambda: not processes_of(stand_in), timeout_s=20)


_ATTEMPTS = """
import json, os, signal, socket, sys
def attempt(action):
    try:
        action()
    except OSError as error:
        return "refused"
    return "done"
print(json.dumps([os.environ.get("SECRET"), os.environ["OMP_THREAD_LIMIT"], os.nice(0), {
    "write": attempt(lambda: open(sys.argv[1] + "/new", "w")),
    "speak TCP": attempt(lambda: socket.socket().connect(("127.0.0.1", 9))),
    "speak UDP": attempt(lambda: socket.socket(socket.AF_INET, socket.SOCK_DGRAM)),
    "speak to a UNIX socket": attempt(lambda: socket.socket(socket.AF_UNIX)),
    "fork": attempt(os.fork),
    "spawn": attempt(lambda: os.posix_spawn("/bin/true", ["true"], {})),
    "leave its session": attempt(os.setsid),
    "kill the parent": attempt(lambda: os.kill(os.getppid(), signal.SIGKILL)),
    "read": attempt(lambda: open("/etc/passwd").read()),
}]))
"""


@needs_linux
def test_the_program_reads_and_computes_and_reaches_nothing(tmp_path: Path) -> None:
    arguments = [str(os.getpid()), sys.executable, "-I", "-c", _ATTEMPTS, str(tmp_path)]
    done = subprocess.run(
        launch.command("finder.workers.confined", *arguments),
        env={**launch.environment(), "SECRET": "of the user's session"},
        capture_output=True,
        text=True,
        check=True,
    )
    secret, threads, niceness, results = json.loads(done.stdout)
    assert (secret, threads, niceness) == (None, "1", min(19, os.nice(0) + 15))
    has_landlock = ctypes.CDLL(None).syscall(_LANDLOCK_CREATE_RULESET, None, 0, 1) > 0
    reached = {name for name, said in results.items() if said == "done"}
    assert reached == ({"read"} if has_landlock else {"read", "write"})
    assert bool(list(tmp_path.iterdir())) != has_landlock


# Whether it is there


def test_without_the_program_nothing_is_ready_and_nothing_breaks(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert not Recogniser(lambda: True).is_ready
    with pytest.raises(WorkerDiedError):
        Tesseract().read(b"", timeout_s=1)


def test_a_program_that_does_not_run_is_as_good_as_none(stand_in: Path) -> None:
    stand_in.write_text("#!/bin/sh\nexit 1\n")
    assert Tesseract().installed() is None


def test_it_is_ready_only_while_it_is_wanted(stand_in: Path) -> None:
    wanted = [True]
    recogniser = Recogniser(lambda: wanted[0])
    assert recogniser.is_ready
    wanted[0] = False
    assert not recogniser.is_ready


@pytest.mark.parametrize(
    ("there", "variables", "languages"),
    [
        (["deu", "eng", "fra", "osd"], {"LANG": "de_DE.UTF-8"}, ("deu", "eng")),
        (["deu", "eng", "fra"], {"LANG": "C.UTF-8"}, ("eng",)),
        (["chi_sim", "chi_tra", "eng"], {"LC_ALL": "zh_TW.UTF-8"}, ("chi_tra", "eng")),
        (["deu", "eng", "fra", "ita"], {"LANG": "en_GB", "LANGUAGE": "fr:de:it"}, ("eng", "fra", "deu")),
        (["deu", "osd"], {"LANG": "fr_FR.UTF-8"}, ("deu",)),
        (["osd"], {"LANG": "fr_FR.UTF-8"}, ()),
    ],
)
def test_it_reads_in_the_users_languages_and_english(
    there: list[str], variables: dict[str, str], languages: tuple[str, ...]
) -> None:
    assert wanted_languages(there, variables) == languages


# What is taken from it


def row(page: int, line: int, confidence: str, word: str, paragraph: int = 1) -> str:
    return f"5\t{page}\t1\t{paragraph}\t{line}\t1\t0\t0\t9\t9\t{confidence}\t{word}"


def test_lines_and_paragraphs_are_kept_and_what_it_is_not_sure_of_is_not() -> None:
    tsv = "\n".join(
        [
            "level\tpage_num\tblock_num\tpar_num\tline_num\tword_num\tleft\ttop\twidth\theight\tconf\ttext",
            *[row(1, 1, "96.5", "The"), row(1, 1, "31", "plum"), row(1, 1, "90", "tree")],
            row(1, 2, "95", "blooms."),
            row(1, 3, "20", "~grass"),
            row(1, 1, "91", "Next", paragraph=2),
            row(1, 2, "99", "—", paragraph=2),
            row(3, 1, "92", "last"),
            row(4, 1, "12", "leaves"),
        ]
    )
    assert texts_of(tsv) == {1: "The plum tree\nblooms.\n\nNext", 3: "last"}


@pytest.mark.parametrize(
    "tsv", ["", "words", "5\t1", row(1, 1, "high", "x"), row(1, 1, "96", " "), row(0, 1, "96", "x"), "5\t" * 11 + "x"]
)
def test_what_is_not_in_the_form_agreed_is_passed_over(tsv: str) -> None:
    assert texts_of(tsv) == {}


# Which pages


def drawn(count: int) -> DrawnPage:
    return DrawnPage(count, b"P5 1 1 255\n\0", 300)


def test_of_a_long_document_the_first_pages_are_read_and_the_rest_is_said(
    stand_in: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    goes_on(stand_in, f"printf '{ROW}'")
    monkeypatch.setattr(recognition, "_MOST_PAGES", 2)
    found = Recogniser(lambda: True).read_pages(None, lambda page: drawn(14))
    assert found.texts == {1: "words", 2: "words"}
    assert found.notes == ("12 scanned pages were not read: at most 2 of a file are, in 120 s",)


def test_when_the_time_for_a_file_is_over_the_rest_is_said(stand_in: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recognition, "_FILE_S", 0.0)
    found = Recogniser(lambda: True).read_pages([2, 5, 7], lambda page: drawn(9))
    assert found.texts == {}
    assert found.notes[0].startswith("3 scanned pages were not read")


def test_a_page_that_cannot_be_drawn_or_read_leaves_the_others(stand_in: Path) -> None:
    goes_on(stand_in, f"read -r kind; [ \"$kind\" = bad ] && exit 1; printf '{ROW}'")

    def draw_one(page: int) -> DrawnPage:
        if page == 2:
            raise FileError("corrupt", "Damaged")
        return DrawnPage(9, {4: b"bad\n", 5: b""}.get(page, b"good\n"), 300)

    found = Recogniser(lambda: True).read_pages([2, 3, 4, 5, 6], draw_one)
    assert found.texts == {3: "words", 6: "words"}
    assert found.notes == ("2 scanned pages could not be recognised",)


def test_a_page_of_any_size_is_drawn_within_limits() -> None:
    usual = one_page(stream(shown(b"words")))
    for box in (b"0 0 595 842", b"0 0 14000 14000", b"0 0 14000 800"):
        data = usual.replace(b"/MediaBox[0 0 595 842]", b"/MediaBox[%b]" % box)
        drawing = draw(io.BytesIO(data), 1)
        head, _, pixels = drawing.picture.partition(b"\n")
        kind, width, height, _ = head.split()
        assert kind == b"P5"
        assert len(pixels) == int(width) * int(height) <= 13 << 20
        assert int(width) <= 16_001


def test_a_page_that_shows_nothing_has_no_picture() -> None:
    assert draw(io.BytesIO(documents.pdf([["words"], []])), 2).picture == b""


@pytest.mark.parametrize(("data", "number"), [(b"%PDF-1.7\nno more", 1), (documents.pdf([["words"]]), 2)])
def test_a_page_that_is_not_there_is_said(data: bytes, number: int) -> None:
    with pytest.raises(FileError) as caught:
        draw(io.BytesIO(data), number)
    assert caught.value.code == "corrupt"


# What is read again


@pytest.mark.parametrize(
    ("name", "could_be", "is_done", "is_kept_when_off", "is_kept_when_on"),
    [
        (b"scan.pdf", True, False, True, False),
        (b"scan.pdf", False, True, True, True),
        (b"letter.pdf", False, False, True, True),
        (b"photo.jpg", True, False, True, False),
        (b"photo.jpg", True, True, True, True),
        (b"notes.txt", True, False, True, True),
        (b"report.docx", False, False, True, True),
    ],
)
def test_switching_it_reads_again_what_has_unread_pictures_and_nothing_else(
    name: bytes, could_be: bool, is_done: bool, is_kept_when_off: bool, is_kept_when_on: bool
) -> None:
    key = recorded_key(name, could_be, is_done)
    assert (key in accepted_keys(name, recognises=False)) is is_kept_when_off
    assert (key in accepted_keys(name, recognises=True)) is is_kept_when_on


def test_pictures_that_are_read_are_told_apart_by_all_their_bytes() -> None:
    assert is_known_by_samples(b"photo.jpg")
    assert not is_known_by_samples(b"photo.jpg", recognises=True)
    assert is_known_by_samples(b"song.mp3", recognises=True)


@pytest.mark.parametrize(
    ("numbers", "words"),
    [
        ([3], "page 3"),
        ([1, 2, 3, 7], "pages 1-3, 7"),
        (range(1, 40, 2), "pages 1, 3, 5, 7, 9, 11, 13, 15, 17, 19, ..."),
    ],
)
def test_pages_are_named_shortly(numbers: list[int], words: str) -> None:
    assert in_words(numbers) == words
