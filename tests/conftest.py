"""Fixtures that many tests share: a home of its own, documents to find, the command line, a service that is ended."""

from __future__ import annotations

import contextlib
import importlib
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import psutil
import pytest
from hypothesis.configuration import set_hypothesis_home_dir

from finder.cli.service import is_alive
from finder.config import Settings, SettingsFile
from finder.errors import ServiceError
from finder.paths import Home
from finder.service.client import connect

CHECKOUT = Path(__file__).resolve().parents[1]
_END_TIMEOUT_S = 20.0

_hypothesis_home = tempfile.TemporaryDirectory(prefix="inkling-hypothesis-")


def pytest_configure() -> None:
    """What Hypothesis remembers goes with the run: the tests leave nothing in the checkout."""
    set_hypothesis_home_dir(_hypothesis_home.name)
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        # A shell that runs this behind itself has Ctrl-C ignored, and every program that the tests start inherits that.
        signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_unconfigure() -> None:
    _hypothesis_home.cleanup()


os.environ["QT_QPA_PLATFORM"] = "offscreen"
os.environ["PYTEST_QT_API"] = "pyside6"
try:
    importlib.import_module("PySide6.QtWidgets")
except ImportError:  # Qt's system libraries are missing: tests/ui says so, and everything else is tested
    pytest_plugins = []
else:
    pytest_plugins = ["pytestqt.plugin"]

Inkling = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture(scope="session")
def runtime_folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Where the services of this run have their sockets."""
    folder = tmp_path_factory.mktemp("run")
    folder.chmod(0o700)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_RUNTIME_DIR", str(folder))
        yield folder


@pytest.fixture
def home(tmp_path: Path, runtime_folder: Path) -> Iterator[Home]:
    """A home with the deterministic encoder; a service that a test starts in it is ended with the test."""
    made = make_home(tmp_path / "home")
    yield made
    end_service(made)


@pytest.fixture
def documents(tmp_path: Path) -> Path:
    """A folder of four documents, each about something else."""
    return make_documents(tmp_path / "documents")


@pytest.fixture
def inkling(home: Home, tmp_path: Path) -> Inkling:
    """Run the command line in a process of its own, in `home`."""
    return partial(run_inkling, home, tmp_path)


@pytest.fixture(scope="module")
def indexed(tmp_path_factory: pytest.TempPathFactory, runtime_folder: Path) -> Iterator[tuple[Home, Path]]:
    """A home whose service has indexed a folder of four documents, for tests that only ask."""
    folder = tmp_path_factory.mktemp("indexed")
    home, documents = make_home(folder / "home"), make_documents(folder / "documents")
    done = run_inkling(home, folder, "index", documents)
    assert done.returncode == 0, done.stderr
    yield home, documents
    end_service(home)


def make_home(folder: Path) -> Home:
    home = Home(folder)
    home.create()
    # Whether there is room or power on the computer of the tests is nothing to them.
    SettingsFile(home.settings).save(Settings(model="deterministic", pauses_on_low_disk=False, pauses_on_battery=False))
    return home


def make_documents(folder: Path) -> Path:
    (folder / "notes").mkdir(parents=True)
    (folder / "lease.txt").write_text("The landlord returns the deposit within fourteen days of moving out.\n")
    (folder / "notes" / "secrets.md").write_text("# Secrets\n\nNever commit credentials to version control.\n")
    (folder / "notes" / "soup.md").write_text("# Soup\n\nBoil the onions slowly, then add the barley.\n")
    (folder / "合同.txt").write_text("租客搬走之后，房东应当退还押金。\n", encoding="utf-8")
    return folder


def run_inkling(
    home: Home, folder: Path, *arguments: str | os.PathLike[str], **changed: str
) -> subprocess.CompletedProcess[str]:
    """Run the command line in a process of its own, standing in `folder`, with some variables changed."""
    return subprocess.run(
        command_line(home, *arguments),
        cwd=folder,
        env={**environment(), **changed},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def command_line(home: Home, *arguments: str | os.PathLike[str]) -> list[str]:
    """`inkling ARGUMENTS` from this checkout, whether or not it is installed."""
    return [sys.executable, "-m", "finder", "--home", str(home.root), *map(os.fspath, arguments)]


def environment() -> dict[str, str]:
    """This process's environment without what would change the program's ways."""
    kept = {key: value for key, value in os.environ.items() if key not in ("INKLING_HOME", "INKLING_LOG", "NO_COLOR")}
    return {**kept, "PYTHONPATH": str(CHECKOUT), "PYTHONIOENCODING": "utf-8"}


def end_service(home: Home) -> None:
    """End the service of `home`, if one runs: politely, and by its pid if it does not listen to that."""
    try:
        with connect(home, start=False) as client:
            process = psutil.Process(client.hello["pid"])
            client.call("stop")
        ending = [process]
    except (ServiceError, psutil.NoSuchProcess):
        ending = services(home)  # one that has just begun hears nobody yet, and would stay
        for beginning in ending:
            with contextlib.suppress(psutil.NoSuchProcess):
                beginning.terminate()
    deadline = time.monotonic() + _END_TIMEOUT_S
    for process in ending:
        while is_alive(process):
            if time.monotonic() > deadline:
                process.kill()
                raise AssertionError("the service did not end when it was asked to")
            time.sleep(0.01)


def services(home: Home) -> list[psutil.Process]:
    """Processes of the service of `home`, whether it listens or not."""
    return [process for process in processes_of(home) if "finder.service.main" in process.info["cmdline"]]


def processes_of(home: Home) -> list[psutil.Process]:
    """Those that were started with `home` on their command line, which is in their `info`."""
    found = psutil.process_iter(["cmdline"])
    return [process for process in found if str(home.root) in (process.info["cmdline"] or [])]
