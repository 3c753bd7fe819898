"""Reads the translations out of plain JSON, so that they can be read and compared in the repository.

`resources/translations/LANGUAGE/ROOM.json` maps the English of the code to its translation; the text alone is the key,
whichever class says it. Two meanings of one text are told apart by the second argument of `tr` ("Open", "a state"), in
the file by `Open|a state`. A text
with `%Ln` in it has a list, singular and plural, where the language tells them apart.

What the service says comes in English and is translated as it comes: `in_own_language`, from `LANGUAGE/service/`.
"""

from __future__ import annotations

import json
from functools import cache
from typing import Literal

from PySide6.QtCore import QCoreApplication, QLibraryInfo, QLocale, QObject, QTranslator
from PySide6.QtGui import QGuiApplication

import resources
from finder.errors import FinderError, error_from_json
from finder.text import clean
from ui.words.sentences import Sentences

Language = Literal["en", "zh"]
LANGUAGES: dict[Language, str] = {"en": "English", "zh": "中文"}
"""Each in its own name."""
Words = dict[str, str | list[str]]
_SERVICE = "service"
"""The context, as Qt has it, of what the service says."""


class Translator(QTranslator):
    """Answers `tr` from the words of one language."""

    def __init__(self, language: Language, parent: QObject) -> None:
        super().__init__(parent)
        self._words, self._sentences = words(language), sentences(language)

    def isEmpty(self) -> bool:
        return False

    def translate(self, context: str, source: str, disambiguation: str | None = None, number: int = -1) -> str | None:
        """The translation; None leaves the English of the code."""
        if context == _SERVICE:
            return self._sentences.translate(source)
        key = f"{source}|{disambiguation}" if disambiguation else source
        found = self._words.get(key)
        return found[number != 1] if isinstance(found, list) else found


@cache
def words(language: Language) -> Words:
    """Everything that is said in a language."""
    found: Words = {}
    for file in sorted(resources.path(f"translations/{language}").glob("*.json")):
        found.update(json.loads(file.read_text(encoding="utf-8")))
    return found


@cache
def sentences(language: Language) -> Sentences:
    """Everything that the service says, in a language; nothing for its own."""
    found: dict[str, str] = {}
    for file in sorted(resources.path(f"translations/{language}/service").glob("*.json")):
        found.update(json.loads(file.read_text(encoding="utf-8")))
    return Sentences(found)


def in_own_language(text: str) -> str:
    """What the service said, as the app says it; in English where nobody has translated it. Cleaned for showing."""
    return QCoreApplication.translate(_SERVICE, clean(text)) if text else ""


def error_in_own_language(error: FinderError) -> FinderError:
    """The same error with the app's words for it."""
    told = error.to_json()
    return error_from_json({**told, **{part: in_own_language(told[part]) for part in ("title", "detail", "hint")}})


def speak(app: QCoreApplication, language: Language) -> None:
    """Have `app` speak a language, and no other any more: its words, its numbers and dates, and Qt's own dialogs.

    What is made from now on speaks it; what is there already was made with the former words.
    """
    for former in app.findChildren(QTranslator):
        app.removeTranslator(former)
        former.deleteLater()
    QLocale.setDefault(QLocale(QLocale.Language.Chinese) if language == "zh" else _english())
    made: list[QTranslator] = []
    if language == "zh":
        qt = QTranslator(app)
        if qt.load("qtbase_zh_CN", QLibraryInfo.path(QLibraryInfo.LibraryPath.TranslationsPath)):
            made.append(qt)
    made.append(Translator(language, app))
    for translator in made:
        app.installTranslator(translator)
    QGuiApplication.setLayoutDirection(QLocale().textDirection())  # of these words, whatever the desktop's own do


def language_of_the_desktop() -> Language:
    """Chinese where the desktop speaks it, English elsewhere."""
    return "zh" if QLocale.system().language() == QLocale.Language.Chinese else "en"


def _english() -> QLocale:
    """The desktop's own English, where that is what it speaks."""
    system = QLocale.system()
    return system if system.language() == QLocale.Language.English else QLocale(QLocale.Language.English)
