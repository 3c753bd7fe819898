"""The house rules that a machine can check: which way imports go, and who alone may import what."""

from __future__ import annotations

import ast
import itertools
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

LAYERS = [
    {"types", "vectors", "errors", "crashpoints", "courtesy", "stop_words"},
    {"config", "paths", "profiles", "log", "text", "languages"},
    {"files", "extract", "passages", "embed", "store"},
    {"index", "search", "topics"},
    {"workers", "service", "integrate"},
    {"cli", "evaluate", "evaluate_mine", "__main__"},
]
"""A module may import from its own layer and those before it."""

ROOMS_OF_EXTRACT = [
    {"reader", "kinds"},
    {"text"},
    {"containers"},
    {"markup", "media", "sheets"},
    {"code", "mail", "office", "pages"},
    {"registry"},
]
"""Within `finder.extract` likewise; those of one row know nothing of each other."""

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
    "watchdog": {f"finder/files/{name}.py" for name in ("watch", "inotify", "watch_supply", "watched_tree")},
    "pypdfium2": {
        f"finder/extract/pages/{name}.py" for name in ("pdf_by_pdfium", "pdf_annotations", "pdf_drawing", "pdf_page")
    },
    "python_calamine": {"finder/extract/sheets/workbooks.py"},
    "pypdf": {"finder/extract/pages/pdf_by_pypdf.py"},
    "lxml": {"finder/extract/containers/zipped.py"},
    "selectolax": {"finder/extract/markup/html.py"},
    "tinytag": {"finder/extract/media/recordings.py"},
    "PIL": {"finder/extract/media/pictures.py"},
    "pygments": {"finder/extract/code/highlighting.py"},
    "sklearn": {"finder/topics/clusters.py"},
    "sentence_transformers": set(),
    "PySide6": set(),
}


KNOWN_TO_THE_APP = {
    *("finder", "finder.errors", "finder.types", "finder.paths", "finder.text", "finder.config", "finder.log"),
    "finder.profiles",
    *("finder.service.client", "finder.service.protocol", "finder.service.app_door"),
    *(f"finder.service.protocol.{subject}" for subject in ("searching", "previewing", "indexing", "status", "models")),
    *("finder.integrate.program", "finder.integrate.targets", "finder.integrate.target"),
}
"""What the app may import of the engine: the leaves, what speaks to the service, and what it adds to the desktop."""
SHAPES_OF_ANSWERS = {
    "finder.search.found",
    "finder.search.likeness.related",
    "finder.topics.found",
    "finder.index.pauses",
}
"""What else it may name, for a type checker alone."""


def modules() -> list[Path]:
    return sorted((ROOT / "finder").rglob("*.py"))


def app_modules() -> list[Path]:
    return sorted((ROOT / "ui").rglob("*.py"))


def imported_names(path: Path, when_running: bool = False) -> Iterator[str]:
    """What a module imports; with `when_running` without what stands there for type checkers alone."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    if when_running:
        tree.body = [node for node in tree.body if not (isinstance(node, ast.If) and "TYPE_CHECKING" in ast.dump(node))]
    for node in ast.walk(tree):
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


@pytest.mark.parametrize("path", sorted((ROOT / "finder/extract").rglob("*.py")), ids=lambda path: path.stem)
def test_the_rooms_of_extract_are_entered_one_way(path: Path) -> None:
    own, *_ = path.relative_to(ROOT / "finder/extract").with_suffix("").parts
    if own == "__init__":
        return
    below = set[str]().union(*itertools.takewhile(lambda row: own not in row, ROOMS_OF_EXTRACT))
    imported = {name.split(".")[2] for name in imported_names(path) if name.startswith("finder.extract.")}
    assert imported <= below | {own}, f"{path.name} is below {imported - below - {own}}"


def test_stages_never_import_each_other() -> None:
    stages = {"scanning", "reading", "embedding", "feeding", "purging", "languages"}
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


@pytest.mark.parametrize("path", app_modules(), ids=lambda path: str(path.relative_to(ROOT)))
def test_the_app_knows_the_client_and_the_leaves_alone(path: Path) -> None:
    of_the_engine = {name for name in imported_names(path) if name.split(".")[0] == "finder"} - {"finder.__version__"}
    assert of_the_engine <= KNOWN_TO_THE_APP | SHAPES_OF_ANSWERS
    when_running = set(imported_names(path, when_running=True))
    assert not when_running & SHAPES_OF_ANSWERS


def test_the_engine_knows_nothing_of_the_app() -> None:
    assert [path for path in modules() if any(name.split(".")[0] == "ui" for name in imported_names(path))] == []


def test_the_window_loads_nothing_of_the_engine() -> None:
    script = (
        "import sys, ui.window, ui.app, ui.faults; print(sorted(name for name in sys.modules if name.startswith("
        "('finder.store', 'finder.index', 'finder.search', 'finder.extract', 'finder.embed', 'numpy', 'apsw'))))"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False, cwd=ROOT)
    if "cannot open shared object file" in done.stderr:
        pytest.skip("Qt's system libraries are missing")
    assert done.stdout.strip() == "[]", done.stderr


def test_every_module_says_what_it_is() -> None:
    silent = [
        str(path)
        for path in modules() + app_modules()
        if path.stat().st_size and not ast.get_docstring(ast.parse(path.read_text(encoding="utf-8")))
    ]
    assert silent == []


def test_the_service_loads_no_model_library_no_chroma_and_no_qt() -> None:
    models = ("torch", "transformers", "chromadb", "sentence_transformers", "sklearn")
    heavy = (*models, "PySide6", "pypdfium2", "pypdf", "PIL", "pygments")
    script = f"import sys, finder.service.engine; print([name for name in {heavy} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, cwd=ROOT)
    assert done.stdout.strip() == "[]"
