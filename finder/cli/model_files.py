"""`model download`, `model remove` and `model check`: a model's files on this computer. Asks no service.

Downloading is done here, in the process that a person started and may end; the app has a process started for it.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np

from finder.cli.model import known_argument, model_argument, shown
from finder.cli.progress import Bar
from finder.cli.screen import agreed, count, folder_argument, print_json, say, short_path, size
from finder.config import SERVER, SettingsFile
from finder.embed.models import CardExample, ModelSpec, space_of
from finder.embed.weights import LocalModel, find_downloaded, find_model, known_model, verify
from finder.errors import ModelUnavailableError, UsageFaultError
from finder.paths import Home
from finder.vectors import Embedder, Float32Array
from finder.workers.embed_front import EmbedFront

CARD_TOLERANCE = 0.01
"""What a card prints was computed on another device and in 16 bit."""
_IDLE_S = 60.0


def download(home: Home, name: str, source: str | None, as_json: bool) -> int:
    """Fetch a known model, or copy it from a folder; go on where an earlier attempt was ended."""
    spec = known_argument(name, f"It is here. To use it: inkling model use {name}")
    name = spec.name
    home.create()
    model = find_downloaded(home.models).get(name)
    if model is not None:
        say(f"{name} is here already. To look whether it is whole: inkling model check {name}")
    elif source is not None:
        model = _taken(home, spec, Path(os.fsdecode(folder_argument(source))))
    else:
        model = _fetched(home, spec)
    if as_json:
        print_json({"name": name, "folder": str(model.folder), "revision": model.spec.revision})
    else:
        print(f"{name} is whole and in {short_path(str(model.folder))}. To use it: inkling model use {name}")
    return 0


def _fetched(home: Home, spec: ModelSpec) -> LocalModel:
    from finder.embed.downloads import fetch, plan

    found = plan(spec, home.models)
    before = f", of which {size(found.present_bytes)} are here already" if found.present_bytes else ""
    say(f"Downloading {spec.name} from {found.hub.host}: {size(found.size_bytes)}{before}. Licence: {spec.licence}.")
    say("Ctrl+C ends it; what has come is kept for the next time.")
    with Bar() as bar:
        return fetch(found, home.models, _on(bar, "Downloading", found.size_bytes))


def _taken(home: Home, spec: ModelSpec, source: Path) -> LocalModel:
    from finder.embed.downloads import size_of, take

    with Bar() as bar:
        return take(spec, source, home.models, _on(bar, "Copying", size_of(source)))


def _on(bar: Bar, what: str, total_bytes: int) -> Callable[[int], None]:
    def show(done_bytes: int) -> None:
        share = done_bytes / total_bytes if total_bytes else None
        bar.show(what, share, f"{size(done_bytes)} of {size(total_bytes)}")

    return show


def remove(home: Home, name: str, is_yes: bool, as_json: bool) -> int:
    """Delete a downloaded model's files, unless it is in use."""
    from finder.embed.downloads import bytes_in, remains

    name = known_argument(name, "It stays. To see which can be removed: inkling model list").name
    chosen = known_model(SettingsFile(home.settings).load().model)
    if chosen is not None and chosen.name == name:
        raise UsageFaultError("This model is in use", name, "Change to another one first: inkling model use NAME")
    folders = remains(name, home.models)
    if not folders:
        raise UsageFaultError("This model is not on this computer", name, "To see which are: inkling model list")
    freed_bytes = bytes_in(folders)
    if not agreed(f"Remove {name}? {size(freed_bytes)} will be free.", is_yes):
        say("Nothing was removed.")
        return 1
    for folder in folders:
        shutil.rmtree(folder)
    if as_json:
        print_json({"name": name, "freed_bytes": freed_bytes})
    else:
        print(f"{name} is removed: {size(freed_bytes)} are free.")
    return 0


def check(home: Home, name: str | None, as_json: bool) -> int:
    """Read every file of a model again, and compute what its makers computed."""
    name = model_argument(name) if name is not None else SettingsFile(home.settings).load().model
    if name == SERVER:
        raise UsageFaultError("A server has no files here", "It is checked as long as it is used.", "inkling status")
    known = known_model(name)
    model = find_model(known.name if known is not None else name, home.models)
    with Bar() as bar:
        _verify(model, home, bar)
        bar.show("Computing", None, "")
        difference = _difference_from_card(home, model)
    if as_json:
        print_json({"name": name, "files": len(model.spec.files), "difference_from_card": difference})
        return 0
    hashes = "the published ones, by their SHA-256" if model.spec.repository else "readable; no hashes to compare with"
    print(f"{shown(name)}: {count(len(model.spec.files), 'file')}, {hashes}.")
    if difference is None:
        print("It computes. Its card prints no similarities to compare with.")
    else:
        print(f"It computes what its card prints; the largest difference is {difference:.4f}.")
    return 0


def _verify(model: LocalModel, home: Home, bar: Bar) -> None:
    done = 0
    show = _on(bar, "Reading", model.spec.size_bytes)

    def on_read(read_bytes: int) -> None:
        nonlocal done
        done += read_bytes
        show(done)

    verify(model.spec, model.folder, on_read=on_read)


def _difference_from_card(home: Home, model: LocalModel) -> float | None:
    """The largest difference from the similarities on the model's card; None where there are none.

    Raises:
        ModelUnavailableError: it is not computed as its makers computed it.
    """
    home.create()
    front = EmbedFront(home.logs, home.models, space_of(model.spec), _IDLE_S)
    try:
        if model.spec.example is None:
            front.embed_passages(["Any text at all."])
            return None
        difference = difference_from(model.spec.example, front)
    finally:
        front.stop()
    if difference > CARD_TOLERANCE:
        raise ModelUnavailableError(
            f"{model.spec.name} does not compute what its card prints",
            f"A similarity differs by {difference:.3f}, where {CARD_TOLERANCE} may be.",
            "Do not use it, and please report this with the output of: inkling doctor",
            str(model.folder),
        )
    return difference


def difference_from(example: CardExample, embedder: Embedder) -> float:
    """The largest difference between the similarities of an example and those that `embedder` gives."""
    queries: Float32Array = np.stack([embedder.embed_query(query) for query in example.queries])  # (Q, D)
    scores = queries @ embedder.embed_passages(example.passages).T  # (Q, P)
    return float(np.abs(scores - np.array(example.scores)).max())
