"""What is indexed and what is left out, each with its reason."""

from __future__ import annotations

import os
from pathlib import Path
from types import SimpleNamespace

import psutil
import pytest

from finder.errors import UsageFaultError
from finder.files import defaults
from finder.files.ignore import IgnoreList
from finder.files.rules import FolderRules, Rules, holds_private_key, is_rule_mark


def _rules(tmp_path: Path, *patterns: str, use_gitignore: bool = True, size_limit_bytes: int = 1 << 20) -> Rules:
    return Rules(tmp_path / "own home", patterns, use_gitignore, size_limit_bytes)


def _tree(base: Path, *paths: str) -> bytes:
    """Make files, and folders where a path ends in "/"; the base as bytes."""
    for path in paths:
        target = base / path
        target.parent.mkdir(parents=True, exist_ok=True)
        if path.endswith("/"):
            target.mkdir(exist_ok=True)
        else:
            target.write_text("")
    return os.fsencode(base)


def _file(folder: FolderRules, name: str, size_bytes: int = 100) -> str:
    verdict = folder.file(os.fsencode(name), size_bytes)
    if verdict.is_name_only:
        return f"name only: {verdict.reason}"
    return "" if verdict.is_included else verdict.reason


@pytest.mark.parametrize(
    "name",
    [
        *(".netrc", ".pgpass", ".npmrc", ".pypirc", ".git-credentials", "Passwords.kdbx", "server.pem", "tls.KEY"),
        *("cert.p12", "cert.pfx", "store.jks", "id_rsa", "id_ed25519.pub", ".env", ".env.local", "prod.tfstate"),
        *("prod.tfstate.backup", ".bash_history", "wallet.dat"),
    ],
)
def test_secrets_are_left_out(tmp_path: Path, name: str) -> None:
    assert _file(_rules(tmp_path).root(_tree(tmp_path)), name) == defaults.SECRETS


@pytest.mark.parametrize(
    "name",
    [
        *("a.part", "film.crdownload", "~$letter.docx", "notes.txt~", ".notes.swp", "x.tmp"),
        *(".~lock.letter.odt#", "#notes.txt#", ".#notes.txt", ".goutputstream-7QK2N1"),
    ],
)
def test_temporary_files_are_left_out(tmp_path: Path, name: str) -> None:
    assert _file(_rules(tmp_path).root(_tree(tmp_path)), name) == "a temporary file"


@pytest.mark.parametrize(
    "name",
    [
        *("letter.txt", "id_card.pdf", "family_history.docx", "environment.md", "monkey.txt", "keynote", "history.md"),
        *("temp.txt", ".bashrc", "Dockerfile", "part 1.md", "kept.environment"),
    ],
)
def test_names_that_only_resemble_are_read(tmp_path: Path, name: str) -> None:
    assert _file(_rules(tmp_path).root(_tree(tmp_path)), name) == ""


def test_a_keynote_presentation_is_no_key(tmp_path: Path) -> None:
    assert _file(_rules(tmp_path).root(_tree(tmp_path)), "talk.key", 900_000) == ""


def test_programs_images_and_databases_are_found_by_name_only(tmp_path: Path) -> None:
    root = _rules(tmp_path).root(_tree(tmp_path))
    assert _file(root, "setup.EXE") == "name only: a program"
    assert _file(root, "debian.iso") == "name only: a disk image"
    assert _file(root, "mail.sqlite") == "name only: a database"
    assert _file(root, "huge.txt", (1 << 20) + 1) == "name only: larger than 1 MiB"
    assert _file(root, "just.txt", 1 << 20) == ""


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        (".ssh", defaults.SECRETS),
        (".gnupg", defaults.SECRETS),
        (".git", "a version control store"),
        ("node_modules", "installed packages"),
        ("__pycache__", "a cache, made again when needed"),
        ("lost+found", defaults.SYSTEM),
        ("$RECYCLE.BIN", "the trash"),
        (".Trash-1000", "the trash"),
        (".config", "a hidden folder"),
        (".mozilla", "the profile of a browser, mail program or messenger"),
        ("AppData", defaults.PROGRAM_DATA),
    ],
)
def test_folders_left_out_by_name(tmp_path: Path, name: str, reason: str) -> None:
    child = _rules(tmp_path).root(_tree(tmp_path)).child(os.fsencode(name), lambda _: False)
    assert (child.verdict.is_included, child.verdict.reason) == (False, reason)


@pytest.mark.parametrize(
    ("name", "mark", "reason"),
    [
        ("build", "pyproject.toml", "build output"),
        ("dist", "package.json", "build output"),
        ("target", "Cargo.toml", "build output"),
        ("target", "pom.xml", "build output"),
        ("build", "CMakeLists.txt", "build output"),
        ("vendor", "go.mod", "installed packages"),
    ],
)
def test_a_build_folder_is_one_only_beside_its_project(tmp_path: Path, name: str, mark: str, reason: str) -> None:
    root = _rules(tmp_path).root(_tree(tmp_path))
    assert root.child(os.fsencode(name), lambda _: False).verdict.is_included
    assert root.child(os.fsencode(name), {os.fsencode(mark)}.__contains__).verdict.reason == reason


@pytest.mark.parametrize(
    ("marks", "reason"),
    [
        (["pyvenv.cfg"], "installed packages"),
        (["key4.db", "prefs.js"], "the profile of a browser, mail program or messenger"),
        (["catalog.db", "service.lock"], "an index of this program"),
    ],
)
def test_a_mark_inside_leaves_a_folder_out_whatever_it_is_called(tmp_path: Path, marks: list[str], reason: str) -> None:
    root = _tree(tmp_path, *(f"my things/{mark}" for mark in marks), "my things/deep/")
    folder = _rules(tmp_path).folder(root, root + b"/my things/deep")
    assert folder.verdict.reason == reason


def test_a_cache_tag_counts_only_with_its_signature(tmp_path: Path) -> None:
    root = _tree(tmp_path, "cache/CACHEDIR.TAG", "cache/x/")
    rules = _rules(tmp_path)
    assert rules.folder(root, root + b"/cache/x").verdict.is_included
    (tmp_path / "cache/CACHEDIR.TAG").write_bytes(defaults.CACHE_TAG_SIGNATURE + b"\n# made by a test")
    assert rules.folder(root, root + b"/cache/x").verdict.reason.startswith("a cache")


def test_a_chosen_folder_is_indexed_whatever_it_is_called_and_wherever_it_lies(tmp_path: Path) -> None:
    root = _tree(tmp_path / ".hidden" / "node_modules", "pyvenv.cfg", "docs/")
    rules = _rules(tmp_path)
    assert rules.root(root).opened(lambda name: name == b"pyvenv.cfg").verdict.is_included
    assert rules.folder(root, root + b"/docs").verdict.is_included


def test_our_own_home_is_never_indexed(tmp_path: Path) -> None:
    root = _tree(tmp_path, "own home/logs/")
    rules = _rules(tmp_path, "!own home/")
    assert not rules.folder(root, root + b"/own home/logs").verdict.is_included
    assert not rules.root(root + b"/own home").verdict.is_included
    assert not rules.root(root + b"/own home/logs").verdict.is_included
    assert rules.root(root).verdict.is_included


def test_the_system_and_what_is_mounted_from_elsewhere_are_left_out(tmp_path: Path) -> None:
    top = _rules(tmp_path).root(b"/")
    for name in (b"proc", b"sys", b"dev", b"run"):
        assert top.child(name, lambda _: False).verdict.reason == defaults.SYSTEM
    assert defaults.mount_reason("fuse.sshfs").startswith("a mounted service")
    assert defaults.mount_reason("nfs4").startswith("a network drive")
    assert {defaults.mount_reason(name) for name in ("ext4", "btrfs", "fuseblk", "tmpfs", "apfs", "ntfs")} == {""}


def test_a_mounted_file_system_is_judged_by_its_type(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    root = _tree(tmp_path, "remote/")
    mount = SimpleNamespace(mountpoint=str(tmp_path / "remote"), fstype="nfs4")
    monkeypatch.setattr(psutil, "disk_partitions", lambda all: [mount])
    rules = _rules(tmp_path)
    assert rules.folder(root, root + b"/remote").verdict.reason.startswith("a network drive")
    assert rules.root(root + b"/remote").verdict.is_included


class TestOwnPatterns:
    def test_they_leave_out(self, tmp_path: Path) -> None:
        root = _tree(tmp_path, "private/diary.txt", "docs/private.txt")
        rules = _rules(tmp_path, "private/", "*.log", "/docs/*.bak")
        assert rules.folder(root, root + b"/private").verdict.reason == "left out by your own rule"
        docs = rules.folder(root, root + b"/docs")
        assert [_file(docs, name) for name in ("private.txt", "a.log", "a.bak")] == [
            "",
            "left out by your own rule",
            "left out by your own rule",
        ]

    def test_they_take_back_in_what_a_default_leaves_out(self, tmp_path: Path) -> None:
        root = _tree(tmp_path, ".config/notes/", ".config/.ssh/", ".cache/x/")
        rules = _rules(tmp_path, "!.config/", "!*.pem")
        assert rules.folder(root, root + b"/.config/notes").verdict.is_included
        assert _file(rules.root(root), "server.pem") == ""

    def test_what_is_taken_back_in_brings_no_secret_with_it(self, tmp_path: Path) -> None:
        root = _tree(tmp_path, ".config/.ssh/")
        rules = _rules(tmp_path, "!.config/")
        assert rules.folder(root, root + b"/.config/.ssh").verdict.reason == defaults.SECRETS
        assert _file(rules.folder(root, root + b"/.config"), "id_rsa") == defaults.SECRETS

    def test_a_line_that_is_no_pattern_is_said(self, tmp_path: Path) -> None:
        with pytest.raises(UsageFaultError, match="Not a pattern"):
            _rules(tmp_path, "fine", "!")


class TestGitignore:
    def test_it_holds_inside_a_work_tree_only(self, tmp_path: Path) -> None:
        root = _tree(tmp_path, "repo/.git/", "repo/sub/", "plain/")
        for folder in ("repo", "plain"):
            (tmp_path / folder / ".gitignore").write_text("*.log\n")
        rules = _rules(tmp_path)
        assert _file(_opened(rules, root, "repo/sub"), "a.log") == "left out by .gitignore"
        assert _file(_opened(rules, root, "plain"), "a.log") == ""
        unasked = _rules(tmp_path, use_gitignore=False)
        assert _file(_opened(unasked, root, "repo/sub"), "a.log") == ""

    def test_the_nearest_file_decides(self, tmp_path: Path) -> None:
        root = _tree(tmp_path, ".git/", "sub/deep/")
        (tmp_path / ".gitignore").write_text("*.log\n/top.txt\nsub/x.txt\n")
        (tmp_path / "sub" / ".gitignore").write_text("!keep.log\n/only-here\n")
        rules = _rules(tmp_path)
        sub = _opened(rules, root, "sub")
        assert [bool(_file(sub, name)) for name in ("a.log", "keep.log", "top.txt", "x.txt", "only-here")] == [
            True,
            False,
            False,
            True,
            True,
        ]
        assert not _file(_opened(rules, root, "sub/deep"), "only-here")

    def test_a_repository_inside_another_has_its_own(self, tmp_path: Path) -> None:
        root = _tree(tmp_path, ".git/", "inner/.git/")
        (tmp_path / ".gitignore").write_text("*.log\n")
        assert _file(_opened(_rules(tmp_path), root, "inner"), "a.log") == ""

    def test_files_above_the_chosen_folder_count_unless_they_leave_it_out(self, tmp_path: Path) -> None:
        _tree(tmp_path, ".git/", "docs/", "scratch/")
        (tmp_path / ".gitignore").write_text("*.log\nscratch/\n/docs/draft.md\n")
        rules = _rules(tmp_path)
        docs = rules.root(os.fsencode(tmp_path / "docs"))
        assert _file(docs, "a.log") == _file(docs, "draft.md") == "left out by .gitignore"
        assert _file(docs, "final.md") == ""
        assert _file(rules.root(os.fsencode(tmp_path / "scratch")), "a.log") == ""

    def test_a_link_in_its_place_is_not_followed(self, tmp_path: Path) -> None:
        root = _tree(tmp_path, ".git/", "patterns")
        (tmp_path / "patterns").write_text("*\n")
        (tmp_path / ".gitignore").symlink_to("patterns")
        assert _file(_opened(_rules(tmp_path), root, ""), "a.txt") == ""


def _opened(rules: Rules, root: bytes, relative: str) -> FolderRules:
    folder = rules.folder(root, os.path.join(root, os.fsencode(relative)).rstrip(b"/"))
    return folder.opened(lambda name: os.path.lexists(os.path.join(folder.path, name)))


@pytest.mark.parametrize(
    ("lines", "path", "said"),
    [
        ("*.log", "a/b.log", True),
        ("build/", "build", None),
        ("build/", "a/build/", True),
        ("/build/", "a/build/", None),
        ("foo/**", "foo/", None),
        ("foo/**", "foo/x", True),
        ("**/x", "a/b/x", True),
        ("a/**/b", "a/b", True),
        ("*\n!*/\n!*.md", "docs/", False),
        ("*\n!*/\n!*.md", "docs/a.md", False),
        ("*\n!*/\n!*.md", "docs/a.txt", True),
        ("docs/\n!docs/", "docs/a", None),
        ("!keys/", "keys/server.pem", None),
        ("# a comment\n\n  \n", "a", None),
        ("\\!x", "!x", True),
        ("a b", "a b", True),
        ("Ä*", "Ähre", True),
        ("[ab].txt", "b.txt", True),
        ("*.log\n!a.log\na.log", "a.log", True),
        ("!\n*.log", "b.log", True),
    ],
)
def test_patterns_mean_what_git_means(lines: str, path: str, said: bool | None) -> None:
    assert IgnoreList.from_file(lines).decide(path) is said


def test_a_hostile_ignore_file_costs_no_time() -> None:
    evil = IgnoreList.from_file("*a" * 30 + "b\n" + "**/a/" * 20 + "b\n*.log")
    assert evil.decide("a" * 250) is None
    assert evil.decide("x.log") is True


@pytest.mark.parametrize(
    "head",
    [
        b"-----BEGIN OPENSSH PRIVATE KEY-----\nb3Bl",
        b"-----BEGIN RSA PRIVATE KEY-----",
        b"\xef\xbb\xbf\n-----BEGIN PRIVATE KEY-----",
        b"-----BEGIN PGP PRIVATE KEY BLOCK-----",
        b"PuTTY-User-Key-File-3: ssh-ed25519",
        b"AGE-SECRET-KEY-1QQ",
    ],
)
def test_a_private_key_is_known_by_how_it_begins(head: bytes) -> None:
    assert holds_private_key(head)


def test_text_about_keys_is_no_key() -> None:
    assert not holds_private_key(b"-----BEGIN CERTIFICATE-----")
    assert not holds_private_key(b"A file that begins with -----BEGIN PRIVATE KEY----- is secret.")


def test_marks_that_change_the_rules_are_known() -> None:
    assert all(map(is_rule_mark, (b".gitignore", b"CACHEDIR.TAG", b"pyvenv.cfg", b"Cargo.toml", b".git")))
    assert not is_rule_mark(b"notes.txt")


@pytest.mark.parametrize("name", [b"old.zip", b"backup.tar.gz", b"log.gz", b"OLD.ZIP"])
def test_archives_are_found_by_name_unless_they_are_to_be_read(tmp_path: Path, name: bytes) -> None:
    verdict = _rules(tmp_path).root(os.fsencode(tmp_path)).file(name, 10)
    assert (verdict.is_included, verdict.is_name_only) == (True, True)
    assert "inkling settings reads_archives true" in verdict.reason
    reading = Rules(tmp_path / "own home", (), True, 1 << 20, reads_archives=True)
    assert reading.root(os.fsencode(tmp_path)).file(name, 10).is_name_only is False
    assert _rules(tmp_path).root(os.fsencode(tmp_path)).file(b"report.docx", 10).is_name_only is False
