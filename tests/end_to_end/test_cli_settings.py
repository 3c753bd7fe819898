"""`inkling settings`: every setting is named and meant, changed by hand, and what depends on it follows at once."""

from __future__ import annotations

import io
import json
import shutil
import zipfile
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest

from finder.config import Settings, SettingsFile, changed_by, meanings
from finder.paths import Home
from finder.service.client import connect
from tests.conftest import Inkling
from tests.documents_pictures import scanned_pdf
from tests.integration.pipelines import wait_until


def found(inkling: Inkling, query: str) -> list[dict[str, Any]]:
    return list(json.loads(inkling("find", query, "--mode", "keyword", "--json").stdout)["results"])


def test_every_setting_has_a_meaning() -> None:
    assert set(meanings()) == {item.name for item in fields(Settings)}
    assert all(words.endswith(".") for words in meanings().values())


def test_all_are_shown_with_value_and_meaning_and_how_to_change_them(inkling: Inkling) -> None:
    shown = inkling("settings").stdout
    for name, words in meanings().items():
        assert f"{name} = " in shown
        assert words in shown
    assert "inkling index DIR, inkling forget DIR" in shown
    assert inkling("settings", "reads_archives").stdout.startswith("reads_archives = false\n")
    one = json.loads(inkling("settings", "use_gitignore", "--json").stdout)
    assert (one["name"], one["value"], one["is_default"]) == ("use_gitignore", True, True)
    assert [setting["name"] for setting in json.loads(inkling("settings", "--json").stdout)] == [*meanings()]


def test_a_change_is_saved_and_shown_as_ones_own(inkling: Inkling, home: Home) -> None:
    assert inkling("settings", "size_limit_bytes", "1000").stdout == "size_limit_bytes = 1000\n"
    assert SettingsFile(home.settings).load().size_limit_bytes == 1000
    assert "size_limit_bytes = 1000   (yours)" in inkling("settings").stdout
    assert json.loads(inkling("settings", "remote_look_minutes", "7.5", "--json").stdout)["value"] == 7.5


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("reads_archive", "true", "Did you mean: reads_archives"),
        ("reads_archives", "maybe", "Use true or false."),
        ("size_limit_bytes", "-1", "Use a whole number"),
        ("size_limit_bytes", "1.5", "Use a whole number"),
        ("embed_idle_minutes", "0", "Use a number above 0."),
        ("embed_idle_minutes", "nan", "Use a number above 0."),
        ("folders", "/tmp", "inkling index DIR"),
        ("exclude", "*.log", "inkling exclude PATTERN"),
        ("model", "other", "inkling model use NAME"),
        ("is_paused", "true", "inkling pause"),
        ("profiles", "letters", "inkling settings profiles.NAME INSTRUCTION"),
        ("profiles.", "Find letters", "Use 1 to 40 characters"),
        ("profiles.a\nb", "Find letters", "Use 1 to 40 characters"),
        ("profiles.letters", "x" * 401, "Use at most 400 characters"),
        ("profiles.letters", "", "You have none."),
    ],
)
def test_what_cannot_be_set_so_is_said_with_the_way_and_changes_nothing(
    inkling: Inkling, home: Home, name: str, value: str, words: str
) -> None:
    before = SettingsFile(home.settings).load()
    refused = inkling("settings", f"--home={home.root}", "--", name, value)
    assert refused.returncode == 2
    assert words in refused.stderr
    assert SettingsFile(home.settings).load() == before


def test_a_profile_of_ones_own_is_made_changed_used_and_removed(inkling: Inkling, home: Home, documents: Path) -> None:
    made = inkling("settings", "profiles.Tax & law", " Given a case,\n find what decides it ")
    assert made.stdout == "profiles.Tax & law = Given a case, find what decides it\n"
    inkling("settings", "profiles.v2.1", "Find versions")
    shown = json.loads(inkling("settings", "profiles", "--json").stdout)
    assert shown["value"] == {"Tax & law": "Given a case, find what decides it", "v2.1": "Find versions"}
    assert "profiles = Tax & law, v2.1   (yours)" in inkling("settings").stdout
    assert inkling("settings", "profiles.code").stdout.startswith("profiles.code = Given a description")

    assert inkling("find", "deposit", "--in", documents, "--profile", "Tax & law").returncode == 0
    inkling("settings", "profiles.v2.1", "Find the newest")
    assert SettingsFile(home.settings).load().profiles["v2.1"] == "Find the newest"
    assert inkling("settings", "profiles.Tax & law", "").stdout == "profiles.Tax & law is gone\n"
    assert SettingsFile(home.settings).load().profiles == {"v2.1": "Find the newest"}
    gone = inkling("find", "deposit", "--profile", "Tax & law")
    assert gone.returncode == 2
    assert "There are: code, files, v2.1" in gone.stderr


def test_a_setting_is_changed_by_its_name_or_says_how() -> None:
    for item in fields(Settings):
        is_plain = isinstance(getattr(Settings(), item.name), bool | int | float)
        assert changed_by(item.name) or is_plain


def archive_of(**members: str) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, text in members.items():
            archive.writestr(f"{name}.txt", text)
    return out.getvalue()


def test_archives_are_read_once_it_is_wanted_and_only_named_otherwise(inkling: Inkling, documents: Path) -> None:
    (documents / "old.zip").write_bytes(archive_of(bridge="Why the suspension bridge fell: wind and resonance."))
    inkling("index", documents)
    assert found(inkling, "resonance") == []
    assert found(inkling, "old")[0]["name"] == "old.zip"
    assert "inkling settings reads_archives true" in inkling("why", documents / "old.zip").stdout

    inkling("settings", "reads_archives", "true")
    wait_until(lambda: bool(found(inkling, "resonance")))
    assert "Why the suspension bridge fell" in inkling("find", "resonance", "--mode", "keyword").stdout

    inkling("settings", "reads_archives", "false")
    wait_until(lambda: not found(inkling, "resonance"))
    assert found(inkling, "old")[0]["name"] == "old.zip"


def test_gitignore_files_count_again_when_they_are_to(inkling: Inkling, documents: Path) -> None:
    (documents / ".git").mkdir()
    (documents / ".gitignore").write_text("lease.txt\n")
    inkling("settings", "use_gitignore", "false")
    inkling("index", documents)
    assert found(inkling, "landlord")
    inkling("settings", "use_gitignore", "true")
    assert not found(inkling, "landlord")


def test_what_needs_no_looking_at_folders_counts_at_once(inkling: Inkling, home: Home, documents: Path) -> None:
    inkling("index", documents)
    with connect(home) as client:
        wait_until(lambda: _embed_worker(client)["state"] == "idle")
        client.call("change_setting", {"name": "embed_idle_minutes", "value": "0.001"})
        wait_until(lambda: _embed_worker(client)["pid"] is None)


def _embed_worker(client: Any) -> dict[str, Any]:
    return next(worker for worker in client.call("status")["workers"] if worker["name"] == "embed")


@pytest.mark.skipif(shutil.which("tesseract") is None, reason="tesseract is not installed")
def test_scanned_pages_are_found_by_their_words_once_it_is_wanted(inkling: Inkling, documents: Path) -> None:
    (documents / "scan.pdf").write_bytes(scanned_pdf((), ("Sheep graze below the viaduct.",)))
    inkling("index", documents)
    assert found(inkling, "viaduct") == []
    assert inkling("settings", "recognises_text", "true").stderr == ""
    wait_until(lambda: bool(found(inkling, "viaduct")))
    assert "page 2" in inkling("find", "viaduct", "--mode", "keyword").stdout
    assert "reads pictures" in _doctor(inkling)["detail"]


def test_without_tesseract_it_says_how_to_install_it_and_nothing_breaks(
    inkling: Inkling, documents: Path, tmp_path: Path
) -> None:
    (documents / "scan.pdf").write_bytes(scanned_pdf(("Sheep graze below the viaduct.",)))
    path = str(tmp_path)
    changed = inkling("settings", "recognises_text", "true", PATH=path)
    assert changed.stdout == "recognises_text = true\n"
    assert "apt install tesseract-ocr" in changed.stderr
    assert json.loads(inkling("index", documents, "--json", PATH=path).stdout)["failed"][0]["code"] == "no_text"
    check = _doctor(inkling, PATH=path)
    assert check["verdict"] == "note"
    assert "apt install tesseract-ocr" in check["hint"]


def _doctor(inkling: Inkling, **changed: str) -> dict[str, Any]:
    checks = json.loads(inkling("doctor", "--json", **changed).stdout)
    return next(check for check in checks if check["name"] == "tesseract")
