"""The shapes of the answers about files that are like others, as they travel. Imports nothing of weight."""

from __future__ import annotations

from typing import Literal, TypedDict

from finder.search.found import FoundFile

Relation = Literal["copy", "version", "kind", "subject"]
"""`copy`: equal bytes. `version`: largely the same text. `kind`: the same form or structure, filled in with something
else, or for files without text a name alike. `subject`: near in meaning."""


NOTHING_INDEXED = "Nothing is indexed yet. Add a folder with: inkling index FOLDER"
"""A note."""


class RelatedFile(FoundFile):
    """A row like every other result, with what it has to do with the file asked about."""

    relation: Relation
    share: float
    """0..1 of both texts: what stands word for word in the other too. 1 for equal bytes."""


class Similar(TypedDict):
    compared: list[str]
    """What was asked about: paths for showing; "text" for a text."""
    copies: list[RelatedFile]
    """Copies and versions, the most equal first."""
    kind: list[RelatedFile]
    subject: list[RelatedFile]
    """No file stands in two of the three."""
    elapsed_ms: float
    notes: list[str]
    """What a person should know of this answer."""


class DuplicateFile(RelatedFile):
    """One file of a group; `share` is in comparison with the group's newest."""

    links: list[str]
    """Other names of the same file (hard links): removing one of them frees nothing."""


class DuplicateGroup(TypedDict):
    relation: Literal["copy", "version"]
    """`copy` where all files have equal bytes, else `version`."""
    files: list[DuplicateFile]
    """The newest first; of very many the first hundred. Of versions one for each content, with its copies."""
    file_count: int
    size_bytes: int
    """Of all its files together; what is linked counts once."""
    freeable_bytes: int
    """What would be free if the newest alone were kept. Of versions, that would lose what differs."""


class Duplicates(TypedDict):
    groups: list[DuplicateGroup]
    """Those first that take the most room for nothing; copies before versions."""
    files: int
    """Files that were compared."""
    copies_bytes: int
    """What the copies take beside one of each: the sum of `freeable_bytes` over the groups of copies."""
    versions_bytes: int
    waiting: int
    """Files whose meaning is not known yet: they were compared by their bytes alone."""
    changed: int
    """Files left out because they changed since they were indexed, or could not be read."""
    elapsed_ms: float
    notes: list[str]


class Comparing(TypedDict):
    """How far the search for duplicates is."""

    doing: str
    done: int
    total: int
