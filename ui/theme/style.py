"""The palette and the style sheet that the look gives to Qt's own widgets. Buttons say what they are by `class`.

`setProperty("class", "primary")`: primary, quiet, here (the page one is on), chip, facet, icon, step, link.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtGui import QPalette

if TYPE_CHECKING:
    from ui.theme.look import Look
    from ui.theme.tokens import Token

_ROLES: dict[QPalette.ColorRole, Token] = {
    QPalette.ColorRole.Window: "canvas",
    QPalette.ColorRole.Base: "surface",
    QPalette.ColorRole.AlternateBase: "sunken",
    QPalette.ColorRole.Text: "ink",
    QPalette.ColorRole.WindowText: "ink",
    QPalette.ColorRole.Button: "surface",
    QPalette.ColorRole.ButtonText: "ink",
    QPalette.ColorRole.BrightText: "on_accent",
    QPalette.ColorRole.Highlight: "accent",
    QPalette.ColorRole.HighlightedText: "on_accent",
    QPalette.ColorRole.Accent: "accent",
    QPalette.ColorRole.PlaceholderText: "ink3",
    QPalette.ColorRole.Link: "accent",
    QPalette.ColorRole.LinkVisited: "accent",
    QPalette.ColorRole.ToolTipBase: "surface",
    QPalette.ColorRole.ToolTipText: "ink",
    QPalette.ColorRole.Light: "surface",
    QPalette.ColorRole.Midlight: "hover",
    QPalette.ColorRole.Mid: "line",
    QPalette.ColorRole.Dark: "edge",
    QPalette.ColorRole.Shadow: "edge",
}
_WRITTEN: tuple[Token, ...] = ("ink", "ink2", "ink3", "accent", "ok", "warn", "bad")
_FAINT = (QPalette.ColorRole.Text, QPalette.ColorRole.WindowText, QPalette.ColorRole.ButtonText)


def palette(look: Look) -> QPalette:
    """Every role of Qt's palette in the look's colours; what is disabled in `ink3`."""
    made = QPalette()
    for role, token in _ROLES.items():
        made.setColor(role, look.colour(token))
    for role in _FAINT:
        made.setColor(QPalette.ColorGroup.Disabled, role, look.colour("ink3"))
    return made


def style_sheet(look: Look) -> str:
    """The look of Qt's own widgets where it differs from Fusion's."""
    c, px = look.name, look.px
    labels = "".join(f'QLabel[colour="{token}"] {{ color: {c(token)}; }}\n' for token in _WRITTEN)
    return f"""
    QToolTip {{ background: {c("surface")}; color: {c("ink")}; border: 1px solid {c("edge")}; padding: 4px 6px; }}
    QFrame[class="rule"] {{ background: {c("line")}; border: none; }}
    QFrame[class="card"] {{ background: {c("surface")}; border: 1px solid {c("line")}; border-radius: {px(10)}px; }}
    QFrame[class="box"] {{ background: {c("surface")}; border: 1px solid {c("edge")}; border-radius: {px(10)}px; }}
    QFrame[class="box"][isActive="true"] {{ border: 2px solid {c("accent")}; }}
    QFrame[class="box"] QLineEdit {{ border: none; background: transparent; padding: 0; }}
    QFrame[class="line"] {{ border: none; background: transparent; }}
    QFrame[class="line"] QLineEdit {{ border: none; background: transparent; padding: 0; }}
    QListView {{ background: {c("surface")}; border: none; outline: 0; }}
    QListView[class="offers"] {{ border: 1px solid {c("edge")}; }}
    QListView[class="offers"]::item {{ min-height: {px(28)}px; padding: 0 {px(8)}px; border-radius: {px(4)}px; }}
    QListView[class="offers"]::item:selected {{ background: {c("select")}; color: {c("ink")}; }}
    QSplitter::handle {{ background: {c("line")}; }}
    {_buttons(look)}
    QListWidget::item {{ padding: {px(3)}px {px(6)}px; border-radius: {px(5)}px; }}
    QListWidget::item:selected {{ background: {c("select")}; color: {c("ink")}; }}
    QListWidget[class="sections"] {{ background: {c("canvas")}; border: none; padding: {px(12)}px {px(8)}px; }}
    QListWidget[class="sections"]::item {{ color: {c("ink2")}; padding: 0 {px(10)}px; border-radius: {px(7)}px; }}
    QListWidget[class="sections"]::item:selected {{ background: {c("select")}; color: {c("ink")}; }}
    QListWidget[class="sections"]::item:hover:!selected {{ background: {c("line")}; }}
    QLineEdit[class="field"] {{ border: 1px solid {c("edge")}; border-radius: {px(7)}px;
        padding: 0 {px(8)}px; min-height: {px(28)}px; background: {c("surface")}; }}
    QLineEdit[class="field"]:focus {{ border: 2px solid {c("accent")}; }}
    QDialogButtonBox {{ dialogbuttonbox-buttons-have-icons: 0; }}
    QMessageBox QLabel#qt_msgbox_label {{ font-size: {px(17)}px; font-weight: 600; }}
    QMessageBox QLabel#qt_msgbox_informativelabel {{ min-width: {px(400)}px; color: {c("ink2")}; }}
    QKeySequenceEdit QLineEdit {{ border: none; background: transparent; padding: 0; }}
    QPushButton::menu-indicator {{ image: none; width: 0; }}
    QMenu {{ background: {c("surface")}; color: {c("ink")}; border: 1px solid {c("edge")}; padding: {px(4)}px; }}
    QMenu::item {{ padding: {px(6)}px {px(20)}px {px(6)}px {px(12)}px; border-radius: {px(4)}px; }}
    QMenu::item:selected {{ background: {c("select")}; }}
    QMenu::item:disabled {{ color: {c("ink3")}; }}
    QMenu::separator {{ height: 1px; background: {c("line")}; margin: {px(4)}px {px(8)}px; }}
    QScrollBar:vertical {{ width: {px(10)}px; background: transparent; margin: {px(2)}px; }}
    QScrollBar:horizontal {{ height: {px(10)}px; background: transparent; margin: {px(2)}px; }}
    QScrollBar::handle {{ background: {c("scroll")}; border-radius: {px(3)}px; }}
    QScrollBar::handle:vertical {{ min-height: {px(36)}px; }}
    QScrollBar::handle:horizontal {{ min-width: {px(36)}px; }}
    {labels}
    QScrollBar::add-line, QScrollBar::sub-line, QScrollBar::add-page, QScrollBar::sub-page {{
        width: 0; height: 0; background: none; }}
    """


def _buttons(look: Look) -> str:
    c, px = look.name, look.px
    return f"""
    QPushButton {{ border: 1px solid {c("edge")}; border-radius: {px(7)}px; padding: 0 {px(12)}px;
        min-height: {px(28)}px; background: {c("surface")}; color: {c("ink")}; }}
    QPushButton:hover {{ background: {c("hover")}; }}
    QPushButton:pressed {{ background: {c("select")}; }}
    QPushButton:disabled {{ color: {c("ink3")}; border-color: {c("line")}; }}
    QPushButton[class="primary"] {{ background: {c("accent")}; color: {c("on_accent")}; border-color: {c("accent")}; }}
    QPushButton[class="primary"]:disabled {{ background: {c("line")}; color: {c("ink3")}; border-color: {c("line")}; }}
    QPushButton[class="quiet"], QPushButton[class="icon"] {{ border-color: transparent; background: transparent;
        color: {c("ink2")}; padding: 0 {px(8)}px; }}
    QPushButton[class="icon"] {{ padding: 0; min-width: {px(28)}px; }}
    QPushButton[class="step"] {{ padding: 0; min-width: {px(22)}px; min-height: {px(22)}px;
        border-radius: {px(6)}px; }}
    QPushButton[class="quiet"]:hover, QPushButton[class="icon"]:hover {{ background: {c("line")}; }}
    QPushButton[class="here"] {{ border-color: transparent; background: {c("select")}; color: {c("ink")};
        padding: 0 {px(8)}px; }}
    QPushButton[class="link"] {{ border-color: transparent; background: transparent; color: {c("accent")};
        padding: 0 {px(6)}px; }}
    QPushButton[class="chip"] {{ border: 1px solid transparent; border-radius: {px(13)}px; min-height: {px(24)}px;
        background: {c("select")}; padding: 0 {px(10)}px; }}
    QPushButton[class="facet"] {{ border: 1px solid transparent; border-radius: {px(7)}px; background: transparent;
        color: {c("ink2")}; min-height: {px(24)}px; padding: 0 {px(8)}px; }}
    QPushButton[class="facet"]:hover {{ background: {c("line")}; }}
    QPushButton[class="facet"]:checked {{ background: {c("line")}; color: {c("ink")}; }}
    QPushButton:focus {{ border: 2px solid {c("accent")}; }}
    QPushButton[class="primary"]:focus {{ border: 2px solid {c("ink")}; }}
    """
