"""Fixtures of the window's tests: a real window in front of a real service, without a screen."""

from __future__ import annotations

import os
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest

from finder.paths import Home

try:
    from PySide6.QtWidgets import QApplication
    from pytestqt.qtbot import QtBot

    from tests.ui.links import HeldLink
    from ui.app import make_app
    from ui.link import Link
    from ui.preferences import Preferences
    from ui.theme.fonts import font
    from ui.theme.look import look
    from ui.window import Window
    from ui.words.translator import Language, speak
except ImportError as error:
    collect_ignore_glob = ["test_*.py"]
    _MISSING = f"the window's tests are left out: Qt cannot be loaded ({error})"
else:
    _MISSING = ""

os.environ["DBUS_SESSION_BUS_ADDRESS"] = "unix:path=/nonexistent"  # the desktop of the tester is left alone

ANSWER_TIMEOUT_MS = 60_000
"""For whatever the service has a hand in, on a slow and busy computer."""


def pytest_report_header() -> list[str]:
    return [_MISSING] if _MISSING else []


@pytest.fixture
def qtbot(qapp: QApplication, request: pytest.FixtureRequest) -> QtBot:
    """pytest-qt's own, but waiting as long as a slow and busy computer may take, where a test says nothing else."""
    bot = QtBot(request)
    bot.waitUntil = partial(bot.waitUntil, timeout=ANSWER_TIMEOUT_MS)  # type: ignore[method-assign]
    bot.waitSignal = partial(bot.waitSignal, timeout=ANSWER_TIMEOUT_MS)  # type: ignore[method-assign]
    return bot


@pytest.fixture(scope="session")
def qapp_cls() -> type[QApplication]:
    return QApplication


@pytest.fixture(scope="session")
def qapp() -> QApplication:
    """The app's own application object, dressed in light colours and speaking English."""
    existing = QApplication.instance()
    app = existing if isinstance(existing, QApplication) else make_app()
    speak(app, "en")
    look.follow(app, "light")
    app.setFont(font("body"))
    return app


@pytest.fixture
def chinese(qapp: QApplication) -> Iterator[None]:
    """What is made from now on speaks Chinese."""
    yield from _speaking(qapp, "zh")


def _speaking(app: QApplication, language: Language) -> Iterator[None]:
    speak(app, language)
    yield
    speak(app, "en")


@pytest.fixture
def link(qapp: QApplication, indexed: tuple[Home, Path]) -> Iterator[Link]:
    """A way to a service that has indexed a folder of four documents."""
    made = Link(indexed[0])
    yield made
    made.close()


@pytest.fixture
def held(qapp: QApplication, tmp_path: Path) -> Iterator[HeldLink]:
    """A way to a service that the test plays."""
    made = HeldLink(Home(tmp_path))
    yield made
    made.close()


@pytest.fixture
def window(qtbot: QtBot, link: Link, tmp_path: Path) -> Window:
    """The window in front of that service, with preferences of its own."""
    made = Window(link, Preferences(Home(tmp_path)))
    qtbot.addWidget(made)
    made.resize(1240, 800)
    made.show()
    link.start()
    return made
