"""The house rules that a machine can check: which way imports go, and who alone may import what."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

LAYERS = [
    {"types", "vectors", "errors", "crashpoints", "courtesy"},
    {"config", "paths", "log", "text"},
    {"files", "extract", "passages", "embed", "store"},
    {"index", "search"},
    {"workers", "service"},
    {"cli", "evaluate", "__main__"},
]
"""A module may import from its own layer and those before it."""

SOLE_IMPORTERS = {
    "http.client": {"finder/embed/line.py"},
    "torch": {
        f"finder/embed/encoder/{name}.py"
        for name in (
            *("attention", "bert", "compiling", "decoder", "devices", "embedder"),
            *("faults", "loading", "network", "stock", "transformer"),
        )
    },
    "transformers": {"finder/embed/encoder/attention.py", "finder/embed/encoder/transformer.py"},
    "huggingface_hub": {"finder/embed/hub.py"},
    "chromadb": {"finder/store/chroma.py"},
    "watchdog": {"finder/files/watch.py", "finder/files/inotify.py"},
    "pypdfium2": {
        *("finder/extract/pdf.py", "finder/extract/pdf_annotations.py", "finder/extract/pdf_drawing.py"),
    },
    "python_calamine": {"finder/extract/spreadsheet.py"},
    "pypdf": {"finder/extract/pdf.py"},
    "lxml": {"finder/extract/zipped.py"},
    "selectolax": {"finder/extract/html.py"},
    "tinytag": {"finder/extract/media.py"},
    "sentence_transformers": set(),
    "PySide6": set(),
}


def modules() -> list[Path]:
    return sorted((ROOT / "finder").rglob("*.py"))


def imported_names(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
            if node.module == "finder":
                yield from (f"finder.{alias.name}" for alias in node.names)


def layer_of(room: str) -> int:
    return next(number for number, rooms in enumerate(LAYERS) if room in rooms)


def room_of(dotted: str) -> str | None:
    parts = dotted.split(".")
    return parts[1] if parts[0] == "finder" and len(parts) > 1 and parts[1] != "__version__" else None


@pytest.mark.parametrize("path", modules(), ids=lambda path: str(path.relative_to(ROOT)))
def test_imports_go_one_way(path: Path) -> None:
    parts = path.relative_to(ROOT / "finder").with_suffix("").parts
    if parts == ("__init__",):
        return
    own = layer_of(parts[0])
    for name in imported_names(path):
        room = room_of(name)
        if room is not None:
            assert layer_of(room) <= own, f"{path.name} is below {name}"


def test_stages_never_import_each_other() -> None:
    stages = {"scanning", "reading", "embedding", "feeding", "purging"}
    for stage in stages:
        imported = set(imported_names(ROOT / "finder" / "index" / f"{stage}.py"))
        assert not imported & {f"finder.index.{other}" for other in stages - {stage}}


@pytest.mark.parametrize(("library", "allowed"), SOLE_IMPORTERS.items())
def test_a_heavy_library_has_one_importer(library: str, allowed: set[str]) -> None:
    importers = {
        path.relative_to(ROOT).as_posix()
        for path in modules()
        if any(f"{name}.".startswith(f"{library}.") for name in imported_names(path))
    }
    assert importers == allowed


def test_every_module_says_what_it_is() -> None:
    silent = [
        str(path)
        for path in modules()
        if path.stat().st_size and not ast.get_docstring(ast.parse(path.read_text(encoding="utf-8")))
    ]
    assert silent == []


def test_the_service_loads_no_model_library_no_chroma_and_no_qt() -> None:
    heavy = ("torch", "transformers", "chromadb", "PySide6", "sentence_transformers", "pypdfium2", "pypdf")
    script = f"import sys, finder.service.engine; print([name for name in {heavy} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, cwd=ROOT)
    assert done.stdout.strip() == "[]"
