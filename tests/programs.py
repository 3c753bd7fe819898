"""What programs do to folders when they save, copy, move and unpack, call by call."""

from __future__ import annotations

import ctypes
import os
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

_RENAME_EXCHANGE = 2
_AT_FDCWD = -100

Change = tuple[str, bool]
"""A folder below the watched one, "." for itself, and whether all below it is to be looked at."""


class Program(NamedTuple):
    """Something that a program does.

    `act` gets the watched folder, which holds `sub/old.txt` and `sub/deep/inner.txt`, and one outside of it.
    """

    name: str
    act: Callable[[Path, Path], None]
    changed: set[Change]
    needs: str | None = None
    """The command without which it cannot be shown."""


def vim(base: Path, _: Path) -> None:
    (base / "sub" / "4913").touch()  # may it create files here?
    (base / "sub" / "4913").unlink()
    (base / "sub" / "old.txt").rename(base / "sub" / "old.txt~")
    (base / "sub" / "old.txt").write_text("vim")
    (base / "sub" / "old.txt~").unlink()


def vim_with_backupcopy(base: Path, _: Path) -> None:
    shutil.copyfile(base / "sub" / "old.txt", base / "sub" / "old.txt~")
    (base / "sub" / "old.txt").write_text("vim, in place")
    (base / "sub" / "old.txt~").unlink()


def emacs(base: Path, _: Path) -> None:
    (base / "sub" / ".#old.txt").symlink_to("me@here.1:2")  # its lock leads nowhere
    (base / "sub" / "#old.txt#").write_text("autosaved")
    (base / "sub" / "old.txt").write_text("emacs")
    (base / "sub" / "#old.txt#").unlink()
    (base / "sub" / ".#old.txt").unlink()


def emacs_is_writing(base: Path, _: Path) -> None:
    (base / "sub" / ".#old.txt").symlink_to("me@here.1:2")
    (base / "sub" / "#old.txt#").write_text("autosaved")


def gedit(base: Path, _: Path) -> None:
    (base / "sub" / ".goutputstream-7QK2N1").write_text("gedit")
    (base / "sub" / ".goutputstream-7QK2N1").rename(base / "sub" / "old.txt")


def vs_code(base: Path, _: Path) -> None:
    with (base / "sub" / "old.txt").open("r+") as file:
        file.truncate(0)
        file.write("code")


def libreoffice_opens(base: Path, _: Path) -> None:
    lock = base / "sub" / ".~lock.old.txt#"
    lock.write_text(",me,here,22.11.2026 10:00,file:///home/me/.config/libreoffice/4;")
    (base / "sub" / "old.txt").read_text()
    lock.unlink()


def libreoffice_saves(base: Path, _: Path) -> None:
    (base / "sub" / ".~lock.old.txt#").write_text(",me,here;")
    (base / "sub" / "lu3125ab.tmp").write_text("office")
    (base / "sub" / "lu3125ab.tmp").rename(base / "sub" / "old.txt")
    (base / "sub" / ".~lock.old.txt#").unlink()


def word(base: Path, _: Path) -> None:
    (base / "sub" / "~$old.txt").write_text("me")
    (base / "sub" / "~WRD0001.tmp").write_text("word")
    (base / "sub" / "old.txt").rename(base / "sub" / "~WRL0002.tmp")
    (base / "sub" / "~WRD0001.tmp").rename(base / "sub" / "old.txt")
    (base / "sub" / "~WRL0002.tmp").unlink()
    (base / "sub" / "~$old.txt").unlink()


def macos_safe_save(base: Path, _: Path) -> None:
    aside = base / "sub" / "old.txt.sb-4f1c2d3e-Xq2"
    aside.mkdir()
    (aside / "old.txt").write_text("mac")
    _exchange(aside / "old.txt", base / "sub" / "old.txt")
    (aside / "old.txt").unlink()
    aside.rmdir()


def rsync(base: Path, _: Path) -> None:
    (base / "sub" / ".old.txt.Xy12Zq").write_text("rsync")
    os.utime(base / "sub" / ".old.txt.Xy12Zq", (1_000_000_000, 1_000_000_000))
    (base / "sub" / ".old.txt.Xy12Zq").rename(base / "sub" / "old.txt")


def firefox(base: Path, _: Path) -> None:
    (base / "sub" / "paper.txt").touch()  # keeps the name while it loads
    (base / "sub" / "3xb7Kq.txt.part").write_text("half")
    with (base / "sub" / "3xb7Kq.txt.part").open("a") as file:
        file.write(" and half")
    (base / "sub" / "3xb7Kq.txt.part").rename(base / "sub" / "paper.txt")


def firefox_is_loading(base: Path, _: Path) -> None:
    (base / "sub" / "3xb7Kq.txt.part").write_text("half")


def sed(base: Path, _: Path) -> None:
    _run("sed", "-i", "s/o/0/", base / "sub" / "old.txt")


def cp(base: Path, outside: Path) -> None:
    _run("cp", "-r", outside / "tree", base / "copied")


def mv_in(base: Path, outside: Path) -> None:
    _run("mv", outside / "tree", base / "here")


def mv_out(base: Path, outside: Path) -> None:
    _run("mv", base / "sub" / "deep", outside)


def mv_within(base: Path, _: Path) -> None:
    _run("mv", base / "sub" / "deep", base / "quiet")


def mv_file(base: Path, _: Path) -> None:
    _run("mv", base / "sub" / "old.txt", base / "quiet")


def rm(base: Path, _: Path) -> None:
    _run("rm", "-r", base / "sub" / "deep")


def unzip(base: Path, outside: Path) -> None:
    with zipfile.ZipFile(outside / "tree.zip", "w") as archive:
        for number in range(20):
            archive.writestr(f"tree/{number % 3}/{number % 5}/deep/{number}.txt", "zip")
    with zipfile.ZipFile(outside / "tree.zip") as archive:
        archive.extractall(base)


def git_checkout(base: Path, _: Path) -> None:
    git("checkout", "--quiet", "other", at=base)


def chmod(base: Path, _: Path) -> None:
    (base / "sub" / "old.txt").chmod(0o600)


def log_is_written(base: Path, _: Path) -> None:
    with (base / "sub" / "old.txt").open("a") as file:
        for number in range(50):
            file.write(f"line {number}\n")
            file.flush()


def we_read(base: Path, _: Path) -> None:
    for holder, _names, files in os.walk(base):
        for name in files:
            with open(os.path.join(holder, name), "rb") as file:
                file.read()
                os.fstat(file.fileno())


def prepare(program: Program, base: Path, outside: Path) -> None:
    """The folders as `Program.act` expects them; for git a work tree with a branch to check out."""
    for folder in (base / "sub" / "deep", base / "quiet", outside / "tree" / "a" / "b"):
        folder.mkdir(parents=True)
    (base / "sub" / "old.txt").write_text("old")
    (base / "sub" / "deep" / "inner.txt").write_text("inner")
    (outside / "tree" / "a" / "b" / "c.txt").write_text("c")
    if program.needs == "git":
        _prepare_branches(base)


def _prepare_branches(base: Path) -> None:
    git("init", "--quiet", at=base)
    git("add", ".", at=base)
    git("commit", "--quiet", "-m", "one", at=base)
    git("checkout", "--quiet", "-b", "other", at=base)
    for number in range(30):
        (base / f"g{number % 3}").mkdir(exist_ok=True)
        (base / f"g{number % 3}" / f"{number}.txt").write_text("git")
    (base / "sub" / "old.txt").write_text("of the other branch")
    git("add", ".", at=base)
    git("commit", "--quiet", "-m", "two", at=base)
    git("checkout", "--quiet", "-", at=base)


def git(*arguments: str, at: Path) -> None:
    identity = ("-c", "user.name=me", "-c", "user.email=me@localhost", "-c", "commit.gpgsign=false", "-c", "gc.auto=0")
    _run("git", *identity, "-C", at, *arguments)


_SUB: set[Change] = {("sub", False)}
PROGRAMS = [
    Program("emacs is writing", emacs_is_writing, set()),
    Program("vim", vim, _SUB),
    Program("vim with backupcopy", vim_with_backupcopy, _SUB),
    Program("emacs", emacs, _SUB),
    Program("gedit", gedit, _SUB),
    Program("VS Code", vs_code, _SUB),
    Program("LibreOffice opens", libreoffice_opens, set()),
    Program("LibreOffice saves", libreoffice_saves, _SUB),
    Program("Word", word, _SUB),
    Program("macOS safe save", macos_safe_save, {*_SUB, ("sub/old.txt.sb-4f1c2d3e-Xq2", True)}),
    Program("rsync", rsync, _SUB),
    Program("Firefox is loading", firefox_is_loading, set()),
    Program("Firefox has loaded", firefox, _SUB),
    Program("sed -i", sed, _SUB, "sed"),
    Program("cp -r", cp, {(".", False), ("copied", True)}, "cp"),
    Program("mv of a folder in", mv_in, {(".", False), ("here", True)}, "mv"),
    Program("mv of a folder out", mv_out, _SUB, "mv"),
    Program("mv of a folder within", mv_within, {*_SUB, ("quiet", False), ("quiet/deep", True)}, "mv"),
    Program("mv of a file", mv_file, {*_SUB, ("quiet", False)}, "mv"),
    Program("rm -r", rm, {*_SUB, ("sub/deep", False)}, "rm"),
    Program("unzip", unzip, {(".", False), ("tree", True)}),
    Program("git checkout", git_checkout, {*_SUB, (".", False), ("g0", True), ("g1", True), ("g2", True)}, "git"),
    Program("chmod", chmod, _SUB),
    Program("a log is written", log_is_written, _SUB),
    Program("we read", we_read, set()),
]


def _run(*command: str | Path) -> None:
    environment = {**os.environ, "GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_SYSTEM": os.devnull, "LC_ALL": "C"}
    subprocess.run(command, check=True, timeout=30, env=environment, stdin=subprocess.DEVNULL)


def _exchange(one: Path, other: Path) -> None:
    """Swap two files in one step, as renamex_np with RENAME_SWAP does on macOS. Source: renameat2(2)."""
    if sys.platform == "linux":
        libc = ctypes.CDLL(None, use_errno=True)
        if libc.renameat2(_AT_FDCWD, bytes(one), _AT_FDCWD, bytes(other), _RENAME_EXCHANGE) != 0:
            raise OSError(ctypes.get_errno(), "renameat2")
        return
    between = one.with_name("between")
    one.rename(between)
    other.rename(one)
    between.rename(other)
