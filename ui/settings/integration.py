"""What is added to the rest of the desktop: the start with the session, the file managers' menus, the launcher."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from PySide6.QtCore import QSignalBlocker
from PySide6.QtGui import QShowEvent

from finder.errors import EnvironmentFaultError, FinderError
from finder.integrate.program import Program, installed_program
from finder.integrate.target import status_of
from finder.integrate.targets import all_targets
from ui.errors import show_error
from ui.settings.form import Form
from ui.theme.check import Check

if TYPE_CHECKING:
    from finder.integrate.target import Target
    from finder.paths import Home

_log = logging.getLogger(__name__)


class Integration(Form):
    """Each is added and taken away at once; what stands there is looked at whenever this is shown."""

    def __init__(self, home: Home) -> None:
        super().__init__()
        self._home = home
        self.boxes: dict[str, Check] = {}
        self._targets = {target.name: target for target in all_targets() if target.is_there()}
        names = {
            "autostart-app": (self.tr("Start the app"), self.tr("Without its window: ready for the quick search.")),
            "autostart-service": (
                self.tr("Start the service"),
                self.tr("It keeps the index up to date; without this it starts with the first search."),
            ),
            "launcher": (self.tr("Inkling among the programs"), self.tr("So that the desktop's launcher finds it.")),
        }
        menus = [name for name, target in self._targets.items() if target.kind == "file_manager"]
        self.head(self.tr("With the session"))
        for name in ("autostart-app", "autostart-service"):
            self._add(name, *names[name])
        self.head(
            self.tr("Find similar files"),
            self.tr("In the menu of a file. A file manager that is open shows it when it is started again."),
        )
        for name in menus:
            self._add(name, self._targets[name].title, "")
        if "launcher" in self._targets:
            self.head(self.tr("Launcher"))
            self._add("launcher", *names["launcher"])
        self.end()

    def _add(self, name: str, title: str, meaning: str) -> None:
        if name not in self._targets:
            return
        box = self.boxes[name] = Check()
        box.toggled.connect(lambda is_on: self._change(self._targets[name], is_on))
        self.line(title, meaning, box)

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._look()

    def _look(self) -> None:
        for name, box in self.boxes.items():
            with QSignalBlocker(box):
                box.setChecked(status_of(self._targets[name], self._program()).state in ("on", "outdated"))

    def _program(self) -> Program | None:
        try:
            return installed_program(self._home)
        except EnvironmentFaultError as error:
            _log.info("no program to call: %s", error.title)
            return None

    def _change(self, target: Target, is_on: bool) -> None:
        try:
            if is_on:
                target.install(installed_program(self._home))
            else:
                target.remove()
        except FinderError as error:
            show_error(error, self)
        except OSError as error:
            show_error(
                EnvironmentFaultError(self.tr("The system refused"), error.strerror or "", "", error.filename), self
            )
        self._look()
