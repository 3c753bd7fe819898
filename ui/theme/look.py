"""The look in force: which palette, how large. One for the app; whoever paints asks it and repaints when it changes."""

from __future__ import annotations

from typing import Literal

from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtGui import QColor, QGuiApplication
from PySide6.QtWidgets import QApplication

from ui.theme.style import palette, style_sheet
from ui.theme.tokens import DARK, LIGHT, Token

Scheme = Literal["system", "light", "dark"]
_USUAL_DPI = 96.0


class Look(QObject):
    """Colours by token, sizes by the desktop's text size. `changed` follows a change of either."""

    changed = Signal()

    def __init__(self) -> None:
        super().__init__()
        self._colours = LIGHT
        self._scheme: Scheme = "system"
        self._scale = 1.0

    @property
    def is_dark(self) -> bool:
        return self._colours is DARK

    @property
    def is_high_contrast(self) -> bool:
        """The desktop asks for more contrast: washes then get an outline, hairlines a control's border."""
        hints = QGuiApplication.styleHints()
        accessibility = hints.accessibility()
        return accessibility.contrastPreference() == Qt.ContrastPreference.HighContrast

    @property
    def is_moving(self) -> bool:
        """False where the desktop asks for less motion."""
        hints = QGuiApplication.styleHints()
        accessibility = hints.accessibility()
        wish = getattr(accessibility, "motionPreference", None)  # not in every Qt that we run with
        return wish is None or "Reduced" not in str(wish())

    def colour(self, token: Token, alpha: int = 255) -> QColor:
        """The colour of a token, with an opacity from 0 to 255."""
        colour = QColor(self.name(token))
        colour.setAlpha(alpha)
        return colour

    def name(self, token: Token) -> str:
        """The colour of a token as `#RRGGBB`."""
        if token == "line" and self.is_high_contrast:  # noqa: S105 - a token of the design
            token = "edge"  # noqa: S105 - a token of the design
        return self._colours[token]

    def px(self, size: float) -> int:
        """A length of the design in pixels, at the desktop's text size."""
        return round(size * self._scale)

    def follow(self, app: QApplication, scheme: Scheme = "system") -> None:
        """Dress `app` now, and again whenever the desktop turns light or dark."""
        self._scheme = scheme
        app.setStyle("Fusion")
        hints = app.styleHints()
        hints.colorSchemeChanged.connect(self._dress)
        self._dress()

    def choose(self, scheme: Scheme) -> None:
        """Be light, dark, or as the desktop is."""
        self._scheme = scheme
        self._dress()

    def _dress(self) -> None:
        app = QApplication.instance()
        assert isinstance(app, QApplication)
        hints = app.styleHints()
        wanted = {"light": Qt.ColorScheme.Light, "dark": Qt.ColorScheme.Dark}.get(self._scheme)
        is_dark = (wanted or hints.colorScheme()) == Qt.ColorScheme.Dark
        self._colours = DARK if is_dark else LIGHT
        screen = app.primaryScreen()
        self._scale = max(0.8, min(3.0, screen.logicalDotsPerInch() / _USUAL_DPI)) if screen else 1.0
        app.setPalette(palette(self))
        app.setStyleSheet(style_sheet(self))
        self.changed.emit()


look = Look()
"""The look of this app."""
