"""Why a path is found or not, and by what: the rule, link, error or state that explains it. Reads, changes nothing."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Sequence

import apsw

from finder.files.identity import lstat
from finder.files.rules import OWN_RULE, FolderRules, Rules, Verdict, has_on_disk, is_place
from finder.paths import display, path_to_uri, uri_to_path
from finder.service.engine import Engine
from finder.service.protocol.indexing import Why, WouldIndex
from finder.service.reports import iso
from finder.store import contents, files, folders
from finder.types import FileState, Reason

_NOTHING_KNOWN = contents.About(None, {}, [])
_INDEXED_FOLDER = "It is a folder; its files are indexed."


def why(engine: Engine, path: bytes) -> Why:
    """Whether a path is found, how, and which rule, error or state explains it."""
    connection = engine.catalog.reader()
    folder_id = folders.folder_at(connection, os.path.dirname(path))
    row = files.named(connection, folder_id, os.path.basename(path)) if folder_id is not None else None
    if row is None or _is_hidden(engine, path, row.identity.size_bytes):
        reason = _why_not(engine, connection, path)
        return _why(path, reason == _INDEXED_FOLDER, [], reason)
    findable: list[Reason] = ["name"]
    about = _NOTHING_KNOWN
    if row.content_id is not None:
        about = contents.about(connection, row.content_id)
        findable.append("words")
        waiting: int = connection.execute(
            "SELECT count(*) FROM passages WHERE content_id = ? AND NOT EXISTS"
            " (SELECT 1 FROM vectors WHERE space_id = ? AND text_id = passages.text_id)",
            (row.content_id, engine.pipeline.space_id),
        ).get
        if not waiting:
            findable.append("meaning")
    reason, indexed_ns = connection.execute("SELECT reason, indexed_ns FROM files WHERE id = ?", (row.id,)).get
    root = folders.root_above(connection, path)
    if root is not None and not root.is_online:
        reason = _away(engine, root)
    elif not os.path.lexists(path):
        reason = "It is not there any more; the index follows in a moment."
    if not reason:
        reason = "Its text still waits to be read." if row.state == FileState.WAITING else "Indexed."
        if row.state == FileState.READ and "meaning" not in findable:
            reason = "Its text is indexed; its meaning still waits."
    return _why(path, True, findable, reason, about, row.identity.mtime_ns, indexed_ns)


def _is_hidden(engine: Engine, path: bytes, size_bytes: int) -> bool:
    hiding = engine.hiding()
    return hiding is not None and hiding(*os.path.split(path), size_bytes)


def _why_not(engine: Engine, connection: apsw.Connection, path: bytes) -> str:
    root = folders.root_above(connection, path)
    if root is not None and not root.is_online:
        return _away(engine, root)
    if (real := os.path.realpath(path)) != path and os.path.lexists(path):
        return f"Links are not followed; where it lies: {display(real)}"
    if not os.path.lexists(path):
        return "There is no such file."
    if root is None:
        return "It lies in no indexed folder. Add one with: inkling index FOLDER"
    is_folder = os.path.isdir(path)
    here = _judged(engine.rules(), root.path, path if is_folder else os.path.dirname(path))
    if not here.verdict.is_included:
        reason = here.verdict.reason + _own_rule(
            engine, here.verdict, lambda own: own.folder(root.path, here.path).verdict
        )
        return reason if here.path == path else f"{display(here.path)}: {reason}"
    if is_folder:
        may_be_read = os.access(path, os.R_OK | os.X_OK)
        return _INDEXED_FOLDER if may_be_read else "It may not be read: its permissions forbid it."
    return _why_no_file(engine, here, root.path, path)


def _why_no_file(engine: Engine, here: FolderRules, root: bytes, path: bytes) -> str:
    status = lstat(path)
    if not stat.S_ISREG(status.st_mode):
        return "Not a regular file."
    folder, name = os.path.split(path)
    verdict = here.file(name, status.st_size)
    if verdict.is_included:
        return "Not seen yet; it is found at the next look at its folder."
    rule = _own_rule(engine, verdict, lambda own: own.folder(root, folder).file(name, status.st_size))
    return verdict.reason + rule


def would_index(engine: Engine, path: bytes, patterns: Sequence[str]) -> WouldIndex:
    """What the rules say of a path, whether or not it is there; one that ends in a separator is a folder.

    Args:
        patterns: judged as if the user had added them.
    Raises:
        UsageFaultError: one of the patterns is none.
    """
    settings = engine.settings
    own = (*settings.exclude, *patterns)
    rules = Rules(engine.home.root, own, settings.use_gitignore, settings.size_limit_bytes, settings.reads_archives)
    is_folder = path.endswith(os.fsencode(os.sep)) or os.path.isdir(path)
    path = os.path.normpath(path)
    root = folders.root_above(engine.catalog.reader(), path)
    if root is None:
        return WouldIndex(is_indexed=False, is_name_only=False, reason="It lies in no indexed folder.", rule=None)
    folder, name = (path, b"") if is_folder else os.path.split(path)
    here = _judged(rules, root.path, folder)
    size_bytes = os.lstat(path).st_size if os.path.lexists(path) else 1
    verdict = here.file(name, size_bytes) if name and here.verdict.is_included else here.verdict

    def judged(one: Rules) -> Verdict:
        found = one.folder(root.path, here.path)
        return found.file(name, size_bytes) if name and found.verdict.is_included else found.verdict

    rule = _last_rule(engine, own, judged) if verdict.reason == OWN_RULE else None
    return WouldIndex(
        is_indexed=verdict.is_included, is_name_only=verdict.is_name_only, reason=verdict.reason, rule=rule
    )


def _judged(rules: Rules, root: bytes, folder: bytes) -> FolderRules:
    """The rules inside `folder`, or at the first folder on the way to it that is left out."""
    steps = [folder]
    while steps[-1] != root:
        steps.append(os.path.dirname(steps[-1]))
    for path in reversed(steps):
        here = rules.folder(root, path)
        here = here.opened(has_on_disk(path)) if here.verdict.is_included else here
        if not here.verdict.is_included:
            break
    return here


def _own_rule(engine: Engine, verdict: Verdict, judged: Callable[[Rules], Verdict]) -> str:
    """Which of the user's rules a verdict follows from: the last one that says so by itself; empty for no such one."""
    if verdict.reason != OWN_RULE:
        return ""
    rule = _last_rule(engine, engine.settings.exclude, judged)
    return f", {rule}" if rule is not None else ""


def _last_rule(engine: Engine, rules: Sequence[str], judged: Callable[[Rules], Verdict]) -> str | None:
    """The last of these rules that leaves something out by itself, for showing; None where none does."""
    for rule in reversed(rules):
        if judged(Rules(engine.home.root, (rule,), use_gitignore=False, size_limit_bytes=0)).reason == OWN_RULE:
            return display(uri_to_path(rule)) if is_place(rule) else rule
    return None


def _away(engine: Engine, root: folders.Root) -> str:
    absence = engine.pipeline.presence.absence(root.path)
    reason = f" ({absence.reason})" if absence is not None else ""
    return f"{display(root.path)} is away{reason}; what is known of it is kept until it is back."


def _why(
    path: bytes,
    is_indexed: bool,
    findable: list[Reason],
    reason: str,
    about: contents.About = _NOTHING_KNOWN,
    mtime_ns: int | None = None,
    indexed_ns: int | None = None,
) -> Why:
    return Why(
        uri=path_to_uri(path),
        path=display(path),
        is_indexed=is_indexed,
        findable_by=findable,
        reason=reason,
        title=about.title,
        metadata=about.metadata,
        notes=about.notes,
        modified=iso(mtime_ns),
        indexed_at=iso(indexed_ns),
    )
