"""Results as the service sends them, for tests of what shows them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

if TYPE_CHECKING:
    from finder.search.found import FoundFile


def found_file(name: str = "lease.txt", strength: str = "strong", **changed: Any) -> FoundFile:
    """One file with one passage."""
    text = changed.pop("text", "The landlord returns the deposit within fourteen days of moving out.")
    passage = {
        "text": text, "start": 0, "end": len(text), "page": None, "line": 1, "heading": None, "label": None,
        "words": [], "answer": None,
    }  # fmt: skip
    file = {
        "uri": f"file:///home/ada/flat/{name}", "path": f"/home/ada/flat/{name}", "name": name, "score": 0.5,
        "strength": strength, "why": ["meaning"], "reason": "By meaning", "reach": "meaning",
        "modified": "2024-03-14T10:00:00+00:00", "size_bytes": 1_200_000, "type": "document", "copies": [],
        "is_offline": False,
        "name_words": [], "passages": [passage],
    }  # fmt: skip
    return cast("FoundFile", file | changed)


def found_files(*names: str, weak: tuple[str, ...] = ()) -> list[FoundFile]:
    """Files in that order, some of them weak."""
    return [found_file(name, "weak" if name in weak else "strong") for name in names]
