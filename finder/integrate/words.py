"""What stands in menus that know one language alone; what knows several carries them in its template."""

from __future__ import annotations

from finder.integrate.folders import UserFolders

FIND_SIMILAR = {"en": "Find similar files", "zh": "查找相似文件"}


def find_similar(folders: UserFolders) -> str:
    """The entry of the menu, in the user's language."""
    return FIND_SIMILAR[folders.language]
