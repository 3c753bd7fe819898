"""`model list`, `model info` and `model use`: which models there are, and which one finds by meaning."""

from __future__ import annotations

import os
from typing import Any, cast

from finder.cli.progress import Bar
from finder.cli.screen import agreed, count, duration, folder_argument, print_json, printable, say, short_path, size
from finder.config import SettingsFile
from finder.embed.models import BUILT_IN, KNOWN_MODELS, RECOMMENDED, ModelSpec
from finder.embed.weights import LocalModel, find_built_in, find_downloaded, find_model, folder_name, folder_path
from finder.errors import ModelUnavailableError, UsageFaultError
from finder.paths import Home, display
from finder.service.client import connect
from finder.service.protocol.models import ModelCost

_LONG_S = 3600.0
_SLOW_QUERY_S = 0.5


def show_list(home: Home, as_json: bool) -> int:
    """Every known model, what it takes, and whether it is here."""
    chosen = SettingsFile(home.settings).load().model
    local = {**_built_in(), **find_downloaded(home.models)}
    if as_json:
        print_json([_facts(spec, local.get(name), chosen) for name, spec in KNOWN_MODELS.items()])
        return 0
    for name, spec in KNOWN_MODELS.items():
        mark = "*" if _is_chosen(name, chosen) else " "
        found = local.get(name)
        size_bytes = (found.spec if found else spec).size_bytes
        print(f"{mark} {name:<22} {_place(spec, found):<14} {size(size_bytes):>7}  {spec.languages}")
    if not any(_is_chosen(name, chosen) for name in KNOWN_MODELS):
        print(f"* {shown(chosen)}")
    print("* is in use, or will be. More of one: inkling model info NAME")
    return 0


def show_info(home: Home, name: str, as_json: bool) -> int:
    """Everything that is known of one model."""
    name = model_argument(name)
    chosen = SettingsFile(home.settings).load().model
    found: LocalModel | None = None
    try:
        found = find_model(name, home.models)
        spec = found.spec
    except ModelUnavailableError:
        if name not in KNOWN_MODELS:
            raise
        spec = KNOWN_MODELS[name]
    if as_json:
        print_json(_facts(spec, found, chosen))
        return 0
    print(shown(name) + (" (recommended where there is a graphics processor)" if name == RECOMMENDED.name else ""))
    for title, words in _lines(spec, found):
        print(f"  {title:<13} {printable(words)}")
    return 0


def use(home: Home, name: str, dimension: int | None, is_yes: bool) -> int:
    """Have another model's space built; the present one answers until it is whole."""
    model = model_argument(name) + (f":{dimension}" if dimension else "")
    if folder_path(model) is not None:
        _read(home, model)
    with connect(home) as client:
        cost = cast(ModelCost, client.call("model_cost", {"model": model}))
        if not cost["is_serving"] and not agreed(_question(cost), is_yes):
            say("Nothing was changed.")
            return 1
        client.call("use_model", {"model": model})
    print(f"{shown(model)} is in use." if cost["is_serving"] else "It has begun. To see how far it is: inkling status")
    return 0


def _read(home: Home, name: str) -> None:
    """Look at a model's folder here, with a sign of how far it is: the service then knows its weights."""
    read_bytes = 0
    with Bar() as bar:

        def on_read(count: int) -> None:
            nonlocal read_bytes
            read_bytes += count
            bar.show("Reading", None, size(read_bytes))

        find_model(name, home.models, on_read)


def model_argument(name: str) -> str:
    """The model that a person named, as it is called in the settings: a known one, or a folder.

    Raises:
        UsageFaultError: no such folder.
    """
    if not os.path.isdir(name):
        name = _as_known(name)
    is_path = os.sep in name or name in (".", "..", "~") or (name not in KNOWN_MODELS and os.path.isdir(name))
    return folder_name(folder_argument(name)) if is_path and folder_path(name) is None else name


def _as_known(name: str) -> str:
    """A known model by its own name, though it was written in another case, or as the hub calls it: Qwen/Qwen3-..."""
    model, colon, dimension = name.partition(":")
    for spec in KNOWN_MODELS.values():
        if model.casefold() in (spec.name.casefold(), spec.repository.casefold()):
            return spec.name + colon + dimension
    return name


def shown(name: str, tells_dimension: bool = True) -> str:
    """A model's name for a person: of a folder of one's own, its path, and the dimension where its vectors are cut."""
    path = folder_path(name)
    if path is None:
        return printable(name)
    dimension = name.removeprefix(folder_name(path)).removeprefix(":")
    return short_path(display(path)) + (f", cut to {dimension} dimensions" if dimension and tells_dimension else "")


def _question(cost: ModelCost) -> str:
    parts = [
        f"Use {shown(cost['model'])}?",
        f"{count(cost['passages'], 'passage')} will be embedded, about {size(cost['disk_bytes'])} on the disk.",
    ]
    seconds, query_s = cost["seconds"], cost["seconds_per_query"]
    if seconds is not None and query_s is not None:
        is_slow = seconds > _LONG_S or query_s > _SLOW_QUERY_S
        parts.append(f"On this computer's processor that takes about {duration(seconds)}.")
        if is_slow:
            parts.append(
                f"It is too large for one: each search waits about {duration(query_s)} for its model. "
                "A graphics processor, or a server of your own (inkling model use server), is far faster."
            )
    parts.append("The present model answers meanwhile.")
    return " ".join(parts)


def _built_in() -> dict[str, LocalModel]:
    try:
        return {BUILT_IN.name: LocalModel(BUILT_IN, find_built_in())}
    except ModelUnavailableError:
        return {}


def _is_chosen(name: str, chosen: str) -> bool:
    return chosen == name or chosen.startswith(f"{name}:")


def _place(spec: ModelSpec, found: LocalModel | None) -> str:
    if found is None:
        return "not here"
    if spec.name == BUILT_IN.name:
        return "built in"
    return "downloaded" if spec.repository else "your folder"


def _facts(spec: ModelSpec, found: LocalModel | None, chosen: str) -> dict[str, Any]:
    here = found.spec if found is not None else spec
    return {
        "name": spec.name,
        "is_chosen": _is_chosen(spec.name, chosen),
        "place": _place(spec, found),
        "folder": str(found.folder) if found is not None else None,
        "repository": spec.repository or None,
        "revision": here.revision or None,
        "size_bytes": here.size_bytes,
        "is_size_known": bool(here.files),
        "gpu_memory_bytes": spec.memory_bytes if spec.parameters else None,
        "dimension": spec.dimension,
        "smallest_dimension": spec.smallest_dimension,
        "max_tokens": spec.max_tokens,
        "languages": spec.languages or None,
        "licence": spec.licence or None,
        "takes_instructions": spec.takes_instructions,
    }


def _lines(spec: ModelSpec, found: LocalModel | None) -> list[tuple[str, str]]:
    here = found.spec if found is not None else spec
    least = spec.smallest_dimension if spec.repository else None  # of a folder nobody knows
    lines = [
        ("place", _place(spec, found) + (f", {found.folder}" if found is not None else "")),
        ("size", f"{'' if here.files else 'about '}{size(here.size_bytes)}"),
        (
            "vectors",
            f"{spec.dimension} numbers" + (f"; --dimension {least} or more cuts them" if least else ""),
        ),
        ("texts", f"up to {spec.max_tokens:,} tokens; pooling {spec.pooling}"),
        ("instructions", "yes: find --profile" if spec.takes_instructions else "no"),
    ]
    if spec.parameters:
        lines.append(("memory", f"about {size(spec.memory_bytes)} on a graphics processor"))
    published = {"languages": spec.languages, "licence": spec.licence, "published as": spec.repository}
    lines += [(title, words) for title, words in published.items() if words]
    if here.revision:
        lines.append(("revision", here.revision))
    if found is None:
        lines.append(("to get it", f"inkling model download {spec.name}"))
    return lines


def known_argument(name: str, instead: str) -> ModelSpec:
    """The known model that a person named.

    Args:
        instead: what to do instead, where it is the built-in one.
    Raises:
        UsageFaultError: it is none, or one that is not downloaded.
    """
    spec = KNOWN_MODELS.get(_as_known(name))
    if spec is None:
        hint = f"Use one of: {', '.join(known for known in KNOWN_MODELS if known != BUILT_IN.name)}."
        raise UsageFaultError("This is no model that can be downloaded", printable(name[:100]), hint)
    if spec is BUILT_IN:
        raise UsageFaultError("The built-in model comes with the program", name, instead)
    return spec
