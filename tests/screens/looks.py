"""In which looks a screen is painted: colours, resolution, language, direction, text size. Imports no Qt."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

_USUAL_DPI = 96
_SCREEN = 1600, 1000
"""In pixels of the design."""


@dataclass(frozen=True, slots=True)
class Look:
    """One process paints in one of them."""

    name: str
    scheme: Literal["light", "dark"] = "light"
    scale: int = 1
    """Pixels of the screen for each of the design's."""
    language: Literal["en", "zh"] = "en"
    desktop: str = "en_GB"
    """What the desktop speaks; the app speaks English where it does not speak that."""
    text_size: float = 1.0
    """As the desktop sets it, where Qt leaves it to the app to grow with it."""

    def environment(self, folder: Path) -> dict[str, str]:
        """What Qt reads as it starts; how large its screen is it reads from a file, which is put into `folder`."""
        width, height = (round(side * self.scale * self.text_size) for side in _SCREEN)
        screen = {
            "name": "screen",
            "x": 0,
            "y": 0,
            "width": width,
            "height": height,
            "logicalDpi": _USUAL_DPI,
            "dpr": 1,
        }
        description = folder / f"{self.name}.json"
        description.write_text(json.dumps({"screens": [screen]}))
        return {
            "QT_QPA_PLATFORM": f"offscreen:configfile={description}",
            "QT_SCALE_FACTOR": str(self.scale),
            "QT_FONT_DPI": str(round(_USUAL_DPI * self.text_size)),
            "QT_ENABLE_HIGHDPI_SCALING": "1" if self.text_size == 1 else "0",
            "LC_ALL": f"{self.desktop}.UTF-8",
        }


LOOKS = {
    look.name: look
    for look in (
        Look("light"),
        Look("dark", "dark"),
        Look("light-2x", scale=2),
        Look("dark-2x", "dark", scale=2),
        Look("chinese", language="zh"),
        Look("chinese-2x", language="zh", scale=2),
        Look("arabic", desktop="ar_EG"),
        Look("large", text_size=2.0),
    )
}
