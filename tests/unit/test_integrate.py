"""What Inkling adds to other programs: what would be written, that it is added once, and taken away without a trace."""

from __future__ import annotations

import ast
import configparser
import os
import plistlib
import re
import shlex
import shutil
import subprocess
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from finder.errors import EnvironmentFaultError, UsageFaultError
from finder.integrate import quoting
from finder.integrate.explorer import explorer
from finder.integrate.folders import UserFolders
from finder.integrate.program import Program, installed_program
from finder.integrate.registry import RegistryTarget, Value, program_of
from finder.integrate.target import Target
from finder.integrate.targets import linux_targets, macos_targets, named, unasked, windows_targets
from finder.paths import Home

LINUX = ("nautilus", "dolphin", "nemo", "thunar", "caja", "launcher", "autostart-service", "autostart-app")
MACOS = ("finder", "autostart-service", "autostart-app")
ODD_FOLDER = """my "prö grams" 'it' $HOME 100% `id` a\\b --c;&"""
OTHERS = b"""<?xml version="1.0" encoding="UTF-8"?>
<!-- mine; do not touch -->
<actions>
  <action>
\t<icon>utilities-terminal</icon><name>Terminal &amp; more</name>
\t<unique-id>1700000000000000-1</unique-id>
\t<command>xterm -e 'cd %f'</command>   <!-- \xe7\xa8\x8e -->
  </action>
</actions>
<!-- the end -->"""


@pytest.fixture
def folders(tmp_path: Path) -> UserFolders:
    """The folders of a user who has nothing yet, on a computer that has nothing either."""
    home = tmp_path / "home"
    for folder in (home / ".config", home / ".local" / "share"):
        folder.mkdir(parents=True)
    variables = {"HOME": str(home), "XDG_CONFIG_DIRS": str(tmp_path / "etc"), "PATH": str(tmp_path / "bin")}
    return replace(UserFolders.of(variables), libraries=(tmp_path / "lib",))


@pytest.fixture
def program(tmp_path: Path) -> Program:
    return made_program(tmp_path / ODD_FOLDER)


def made_program(folder: Path) -> Program:
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "inkling"
    path.write_text('#!/bin/sh\nprintf "%s\\0" "$@"\n')
    path.chmod(0o755)
    return Program(str(path), str(folder / "home, 家"))


def linux(folders: UserFolders, name: str) -> Target:
    return named(linux_targets(folders), [name])[0]


def macos(folders: UserFolders, name: str) -> Target:
    return named(macos_targets(folders), [name])[0]


BY_FILES = [*((linux, name) for name in LINUX), *((macos, name) for name in MACOS)]
by_files = pytest.mark.parametrize(("system", "name"), BY_FILES, ids=lambda value: getattr(value, "__name__", value))
Pick = Callable[[UserFolders, str], Target]


def tree(folders: UserFolders) -> dict[str, bytes]:
    """Everything below the home: files with what they say, folders with nothing."""
    return {
        str(path.relative_to(folders.home)): path.read_bytes() if path.is_file() else b""
        for path in folders.home.rglob("*")
    }


# Of every target that is files


@by_files
def test_what_was_added_is_taken_away_without_a_trace(
    system: Pick, name: str, folders: UserFolders, program: Program
) -> None:
    before, target = tree(folders), system(folders, name)
    assert target.status(program).state == "off"
    target.install(program)
    assert target.status(program).state == "on"
    target.remove()
    assert target.status(program).state == "off"
    assert tree(folders) == before


@by_files
def test_a_second_time_changes_nothing(system: Pick, name: str, folders: UserFolders, program: Program) -> None:
    target = system(folders, name)
    target.install(program)
    before = written(folders.home)
    target.install(program)
    assert written(folders.home) == before
    target.remove()
    target.remove()


def written(home: Path) -> dict[Path, tuple[int, int, int, int]]:
    """All below a home as it was last written; reading it changes when it was last read."""
    found = {path: path.lstat() for path in home.rglob("*")}
    return {path: (one.st_ino, one.st_mode, one.st_size, one.st_mtime_ns) for path, one in found.items()}


@by_files
def test_a_program_that_is_gone_is_told_and_mended(
    system: Pick, name: str, folders: UserFolders, program: Program, tmp_path: Path
) -> None:
    target = system(folders, name)
    target.install(program)
    Path(program.path).unlink()
    status = target.status(None)
    assert (status.state, program.path in status.detail) == ("broken", True)

    moved = made_program(tmp_path / "elsewhere")
    assert target.status(moved).state == "broken"
    target.install(moved)
    assert target.status(moved).state == "on"


@by_files
def test_what_calls_another_place_is_outdated(
    system: Pick, name: str, folders: UserFolders, program: Program, tmp_path: Path
) -> None:
    target = system(folders, name)
    target.install(program)
    assert target.status(made_program(tmp_path / "elsewhere")).state == "outdated"


@pytest.mark.parametrize(("system", "name"), [each for each in BY_FILES if each[1] != "thunar"])
def test_a_file_of_somebody_else_is_left_alone(system: Pick, name: str, folders: UserFolders, program: Program) -> None:
    target = system(folders, name)
    target.install(program)
    place = next(Path(str(place)) for place in target.places if Path(str(place)).exists())
    place.unlink()
    place.write_text("mine")
    with pytest.raises(EnvironmentFaultError, match="did not make"):
        target.install(program)
    target.remove()
    assert place.read_text() == "mine"


@by_files
def test_nothing_is_left_half_written(
    system: Pick, name: str, folders: UserFolders, program: Program, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise OSError(28, "No space left on device")

    target = system(folders, name)
    with monkeypatch.context() as patch:
        patch.setattr("os.replace", refuse)
        with pytest.raises(OSError, match="No space"):
            target.install(program)
    assert [path for path in folders.home.rglob("*") if path.is_file()] == []


def test_a_file_that_is_kept_elsewhere_by_a_link_stays_there(
    folders: UserFolders, program: Program, tmp_path: Path
) -> None:
    kept = tmp_path / "kept.xml"
    kept.write_bytes(OTHERS)
    kept.chmod(0o600)
    place = folders.config / "Thunar" / "uca.xml"
    place.parent.mkdir()
    place.symlink_to(kept)
    linux(folders, "thunar").install(program)
    assert place.is_symlink()
    assert b"inkling-similar" in kept.read_bytes()
    assert kept.stat().st_mode & 0o777 == 0o600


# What the user has switched off with the desktop's own tools


def hide_as_xfce(folders: UserFolders) -> None:
    entry = folders.config / "autostart" / "inkling.desktop"
    entry.write_text(entry.read_text() + "Hidden=true\n")


def disable_as_gnome(folders: UserFolders) -> None:
    entry = folders.config / "autostart" / "inkling.desktop"
    entry.write_text(entry.read_text() + "X-GNOME-Autostart-enabled=false\n")


def disable_as_systemctl(folders: UserFolders) -> None:
    wants = folders.config / "systemd" / "user" / "default.target.wants"
    (wants / "inkling.service").unlink()
    wants.rmdir()


@pytest.mark.parametrize(
    ("name", "switch_off"),
    [
        ("autostart-app", hide_as_xfce),
        ("autostart-app", disable_as_gnome),
        ("autostart-service", disable_as_systemctl),
    ],
)
def test_what_the_user_switched_off_is_off_until_it_is_wanted_again(
    name: str, switch_off: Callable[[UserFolders], None], folders: UserFolders, program: Program
) -> None:
    before, target = tree(folders), linux(folders, name)
    target.install(program)
    switch_off(folders)
    assert target.status(program).state == "off"
    Path(program.path).unlink()
    assert target.status(program).state == "off"  # not broken: nobody would start it
    made_program(Path(program.path).parent)
    target.install(program)
    assert target.status(program).state == "on"
    switch_off(folders)
    target.remove()
    assert tree(folders) == before


# What each of them writes


def command_in(text: str, key: str) -> list[str]:
    """What GLib and KDE make of a command in a desktop entry: the escapes of a string, then quotes, then %%."""
    line = next(line for line in text.splitlines() if line.startswith(f"{key}="))
    unescaped = line.partition("=")[2].replace("\\\\", "\\")
    arguments = re.findall(r'"((?:[^"\\]|\\.)*)"|(\S+)', unescaped)
    return [
        re.sub(r"\\(.)", r"\1", quoted).replace("%%", "%") or plain.replace("%%", "%") for quoted, plain in arguments
    ]


@pytest.mark.parametrize(
    ("name", "place", "arguments"),
    [
        ("dolphin", ".local/share/kio/servicemenus/inkling-similar.desktop", ["similar", "--show", "--", "%U"]),
        ("nemo", ".local/share/nemo/actions/inkling-similar.nemo_action", ["similar", "--show", "--", "%U"]),
        ("launcher", ".local/share/applications/inkling.desktop", []),
        ("autostart-app", ".config/autostart/inkling.desktop", ["--hidden"]),
    ],
)
def test_a_desktop_entry_calls_the_program_with_every_odd_letter(
    name: str, place: str, arguments: list[str], folders: UserFolders, program: Program
) -> None:
    linux(folders, name).install(program)
    text = (folders.home / place).read_text(encoding="utf-8")
    assert command_in(text, "Exec") == ["/usr/bin/env", *program.command(*arguments)]
    assert configparser.RawConfigParser(strict=True).read(folders.home / place)


@pytest.mark.skipif(shutil.which("desktop-file-validate") is None, reason="desktop-file-validate is not installed")
def test_the_desktops_own_checker_finds_no_fault(folders: UserFolders, program: Program) -> None:
    for name in ("launcher", "autostart-app"):
        linux(folders, name).install(program)
    entries = list(folders.home.rglob("*.desktop"))
    done = subprocess.run(["desktop-file-validate", *entries], capture_output=True, text=True)
    assert (len(entries), done.stdout + done.stderr) == (2, "")


def test_kde_runs_the_service_menu(folders: UserFolders, program: Program) -> None:
    linux(folders, "dolphin").install(program)
    assert os.access(folders.data / "kio" / "servicemenus" / "inkling-similar.desktop", os.X_OK)


@pytest.mark.parametrize("name", ["nautilus", "caja"])
def test_without_its_python_a_script_passes_every_chosen_file(
    name: str, folders: UserFolders, program: Program
) -> None:
    linux(folders, name).install(program)
    script = next(path for path in folders.home.rglob("Find similar files"))
    uris = ["file:///a%20b/$(id)'*.txt", "file:///%FF%E7.txt"]
    variable = f"{name.upper()}_SCRIPT_SELECTED_URIS"
    done = subprocess.run([script], env={"PATH": os.defpath, variable: "\n".join(uris) + "\n"}, capture_output=True)
    assert done.stdout.decode().split("\0")[:-1] == [*program.similar[1:], *uris]


@pytest.mark.parametrize("name", ["nautilus", "caja"])
def test_with_its_python_it_is_an_extension_and_the_script_goes(
    name: str, folders: UserFolders, program: Program, tmp_path: Path
) -> None:
    linux(folders, name).install(program)
    library = tmp_path / "lib" / "x86_64-linux-gnu" / name / "extensions-4" / f"lib{name}-python.so"
    library.parent.mkdir(parents=True)
    library.touch()

    assert linux(folders, name).status(program).state == "outdated"
    linux(folders, name).install(program)
    (extension,) = (path for path in folders.home.rglob("*") if path.is_file())
    text = extension.read_text(encoding="utf-8")
    compile(text, extension, "exec")
    (command,) = re.findall(r"^COMMAND = (.+)$", text, re.MULTILINE)
    assert ast.literal_eval(command) == program.similar

    compiled = extension.parent / "__pycache__" / "inkling_similar.cpython-311.pyc"
    compiled.parent.mkdir()
    compiled.touch()
    others = extension.with_name("others.py")
    others.touch()
    linux(folders, name).remove()
    assert list(extension.parent.iterdir()) == [others]


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd is not installed")
def test_systemd_finds_no_fault_in_the_unit(folders: UserFolders, program: Program, tmp_path: Path) -> None:
    linux(folders, "autostart-service").install(program)
    unit = folders.config / "systemd" / "user" / "inkling.service"
    variables = {"PATH": os.defpath, "HOME": str(folders.home), "XDG_RUNTIME_DIR": str(tmp_path)}
    done = subprocess.run(["systemd-analyze", "--user", "verify", unit], env=variables, capture_output=True, text=True)
    if "Failed to initialize manager" in done.stderr:
        pytest.skip("systemd does not run for this user")
    assert "inkling.service" not in done.stderr, done.stderr


def test_the_quick_action_runs_the_program_with_the_files_as_arguments(folders: UserFolders, program: Program) -> None:
    macos(folders, "finder").install(program)
    contents = folders.home / "Library" / "Services" / "Inkling Similar.workflow" / "Contents"
    (service,) = plistlib.loads((contents / "Info.plist").read_bytes())["NSServices"]
    assert service["NSMenuItem"] == {"default": "Find similar files"}
    assert service["NSMessage"] == "runWorkflowAsService"
    assert service["NSSendFileTypes"] == ["public.data"]

    workflow = plistlib.loads((contents / "document.wflow").read_bytes())
    (action,) = (each["action"] for each in workflow["actions"])
    parameters = action["ActionParameters"]
    assert (parameters["inputMethod"], parameters["shell"]) == (1, "/bin/sh")
    done = subprocess.run(["/bin/sh", "-c", parameters["COMMAND_STRING"], "sh", "/a 'b'", "-c"], capture_output=True)
    assert done.stdout.decode().split("\0")[:-1] == [*program.similar[1:], "/a 'b'", "-c"]


def test_launch_agents_start_with_the_session(folders: UserFolders, program: Program) -> None:
    for name in ("autostart-service", "autostart-app"):
        macos(folders, name).install(program)
    agents = folders.home / "Library" / "LaunchAgents"
    service = plistlib.loads((agents / "io.github.inkling.service.plist").read_bytes())
    assert service["ProgramArguments"] == program.command("service", "run")
    assert (service["RunAtLoad"], service["ProcessType"]) == (True, "Background")
    app = plistlib.loads((agents / "io.github.inkling.app.plist").read_bytes())
    assert app["ProgramArguments"] == program.command("--hidden")


# Quoting


@pytest.mark.parametrize("argument", ["plain", "a b", 'a"b', "it's", "$HOME `id`", "a\\b", "%U 100%", "税", "-x", ""])
def test_an_argument_arrives_as_it_was(argument: str) -> None:
    assert command_in("Exec=" + quoting.desktop_entry(["x", argument]), "Exec") == ["x", argument]
    assert [each.replace("%%", "%") for each in shlex.split(quoting.thunar(["x", argument]))] == ["x", argument]
    assert plistlib.loads(
        f"<plist><array>{quoting.plist_strings(['x', argument])}</array></plist>".encode(), fmt=plistlib.FMT_XML
    ) == ["x", argument]


# Thunar, whose one file holds the actions of everybody


def uca(folders: UserFolders, content: bytes) -> Path:
    path = folders.config / "Thunar" / "uca.xml"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return path


def test_the_actions_of_others_stay_byte_for_byte(folders: UserFolders, program: Program) -> None:
    path, target = uca(folders, OTHERS), linux(folders, "thunar")
    target.install(program)
    head, _, tail = OTHERS.partition(b"</actions>")
    added = path.read_bytes()
    assert added.startswith(head)
    assert added.endswith(b"</actions>" + tail)
    assert added.count(b"<action>") == 2
    target.remove()
    assert path.read_bytes() == OTHERS


def test_an_action_of_ours_is_brought_up_to_date_where_it_stands(
    folders: UserFolders, program: Program, tmp_path: Path
) -> None:
    path, target = uca(folders, OTHERS), linux(folders, "thunar")
    target.install(program)
    behind = path.read_bytes().replace(b"</actions>", b"<action><name>later</name></action>\n</actions>")
    path.write_bytes(behind)
    target.install(made_program(tmp_path / "elsewhere"))
    assert b"elsewhere" in path.read_bytes()
    target.remove()
    assert path.read_bytes() == OTHERS.replace(b"</actions>", b"<action><name>later</name></action>\n</actions>")


def test_the_actions_that_thunar_came_with_are_kept(folders: UserFolders, program: Program) -> None:
    """A file of the user's hides that of the system: it has to begin with what is in that."""
    system = folders.system_config[0] / "Thunar" / "uca.xml"
    system.parent.mkdir(parents=True)
    system.write_bytes(OTHERS.replace(b"<actions>", b"<actions> ", 1))
    before, target = tree(folders), linux(folders, "thunar")
    target.install(program)
    assert b"xterm" in (folders.config / "Thunar" / "uca.xml").read_bytes()
    target.remove()
    assert tree(folders) == before


def test_a_list_without_actions_takes_one(folders: UserFolders, program: Program) -> None:
    path, target = uca(folders, b"<actions/>"), linux(folders, "thunar")
    target.install(program)
    assert target.status(program).state == "on"
    target.remove()
    assert path.read_bytes().split() == [b"<actions>", b"</actions>"]


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"<actions><action>",
        b"<other/>",
        OTHERS[:200],
        OTHERS.replace(b"UTF-8", b"ISO-8859-1"),
        OTHERS.decode().replace("UTF-8", "UTF-16").encode("utf-16"),
        b'<!DOCTYPE actions [<!ENTITY a "b">]><actions/>',
    ],
    ids=["empty", "cut", "another", "cut later", "latin", "utf-16", "entities"],
)
def test_what_is_damaged_is_left_as_it_is(content: bytes, folders: UserFolders, program: Program) -> None:
    path, target = uca(folders, content), linux(folders, "thunar")
    assert target.status(program).state == "damaged"
    with pytest.raises(EnvironmentFaultError, match="left as they are"):
        target.install(program)
    with pytest.raises(EnvironmentFaultError, match="left as they are"):
        target.remove()
    assert path.read_bytes() == content


# Windows


class MemoryRegistry:
    """A registry that is a dictionary."""

    def __init__(self) -> None:
        self.keys: dict[str, dict[str, str]] = {}

    def get(self, key: str, name: str) -> str | None:
        return self.keys.get(key, {}).get(name)

    def put(self, value: Value) -> None:
        parts = value.key.split("\\")
        for end in range(1, len(parts) + 1):
            self.keys.setdefault("\\".join(parts[:end]), {})
        self.keys[value.key][value.name] = value.text

    def drop(self, key: str, name: str) -> None:
        self.keys.get(key, {}).pop(name, None)

    def drop_empty(self, key: str) -> None:
        if not self.keys.get(key) and not any(other.startswith(key + "\\") for other in self.keys):
            self.keys.pop(key, None)


def test_explorer_gets_a_verb_for_one_file(folders: UserFolders) -> None:
    registry, program = MemoryRegistry(), Program(r"C:\My Programs\inkling.exe", r"D:\my index")
    target = explorer(folders, registry)
    target.install(program)
    verb = r"Software\Classes\*\shell\Inkling.Similar"
    assert registry.keys[verb] == {
        "": "Find similar files",
        "Icon": '"C:\\My Programs\\inkling.exe"',
        "MultiSelectModel": "Single",
    }
    assert registry.keys[verb + r"\command"] == {
        "": '"C:\\My Programs\\inkling.exe" --home "D:\\my index" similar --show -- "%1"'
    }
    target.remove()
    assert verb not in registry.keys


@pytest.mark.parametrize("name", ["explorer", "autostart-app"])
def test_the_registry_keeps_what_others_wrote(name: str, folders: UserFolders, tmp_path: Path) -> None:
    registry, program = MemoryRegistry(), made_program(tmp_path / "my programs")
    (target,) = named(windows_targets(folders, registry), [name])
    assert isinstance(target, RegistryTarget)
    assert target.status(program).state == "off"
    key = target.made(program)[0].key
    registry.put(Value(key, "Another", "another.exe"))
    target.install(program)
    assert target.status(program).state == "on"
    assert target.status(Program("/elsewhere")).state == "outdated"
    target.remove()
    assert registry.keys[key] == {"Another": "another.exe"}
    assert target.status(program).state == "off"


def test_a_program_that_is_gone_is_told_on_windows_too(folders: UserFolders, program: Program) -> None:
    registry = MemoryRegistry()
    target = explorer(folders, registry)
    target.install(Program(r"C:\gone\inkling.exe"))
    assert target.status(program).state == "broken"
    assert program_of('"C:\\a b\\x.exe" y') == r"C:\a b\x.exe"
    assert program_of(r"C:\a\x.exe y") == r"C:\a\x.exe"


# Which program, and where


def test_folders_follow_the_specification(tmp_path: Path) -> None:
    of = UserFolders.of({"HOME": "/home/ada", "XDG_CONFIG_HOME": "relative", "XDG_DATA_HOME": "/data"})
    assert (of.config, of.data, of.system_config) == (Path("/home/ada/.config"), Path("/data"), (Path("/etc/xdg"),))
    assert UserFolders.of({"LANG": "zh_CN.UTF-8"}).language == "zh"
    assert UserFolders.of({"LANG": "zh_CN.UTF-8", "LC_ALL": "C"}).language == "en"


def test_the_program_is_told_of_a_home_that_is_not_the_usual_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made_program(tmp_path)
    monkeypatch.setattr("sys.executable", str(tmp_path / "python"))
    assert installed_program(Home.default()) == Program(str(tmp_path / "inkling"))
    assert installed_program(Home(tmp_path / "x")) == Program(str(tmp_path / "inkling"), str(tmp_path / "x"))


@pytest.mark.parametrize("name", ["line\nbreak", "\udcff"])
def test_a_path_that_is_no_text_is_refused(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made_program(tmp_path / name)
    monkeypatch.setattr("sys.executable", str(tmp_path / name / "python"))
    with pytest.raises(EnvironmentFaultError, match="cannot be written"):
        installed_program(Home.default())


def test_without_a_program_there_is_nothing_to_call(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.executable", str(tmp_path / "python"))
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(EnvironmentFaultError, match="no program"):
        installed_program(Home.default())


def test_nothing_starts_by_itself_unasked(folders: UserFolders, tmp_path: Path) -> None:
    (tmp_path / "bin").mkdir()
    for name in ("nemo", "systemctl"):
        (tmp_path / "bin" / name).write_text("")
        (tmp_path / "bin" / name).chmod(0o755)
    assert [target.name for target in unasked(linux_targets(folders))] == ["nemo", "launcher"]


def test_an_unknown_name_is_refused(folders: UserFolders) -> None:
    with pytest.raises(UsageFaultError):
        named(linux_targets(folders), ["explorer"])
