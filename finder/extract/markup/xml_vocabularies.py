"""What the names mean in the kinds of XML that people keep: what is a heading, who is the author, what holds no words.

Imports no library.

Sources: DocBook 5.1, JATS 1.3, TEI P5, OPML 2.0, RSS 2.0, RFC 4287 (Atom), FictionBook 2.0, SVG 1.1.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """What the names of one kind of document mean. "parent/name" holds for that parent alone."""

    headings: frozenset[str] = frozenset()
    authors: frozenset[str] = frozenset()
    dates: frozenset[str] = frozenset()
    not_within: frozenset[str] = frozenset()
    """Where a heading is the title of another work, and a name somebody else's."""
    left_out: frozenset[str] = frozenset()
    only: frozenset[str] = frozenset()
    """What holds words; all of them where it is empty."""


def names(words: str) -> frozenset[str]:
    return frozenset(words.split())


_DOCBOOK = Vocabulary(
    headings=names("title refname"),
    authors=names("info/author bookinfo/author articleinfo/author authorgroup/author refentryinfo/author"),
    dates=names("info/date info/pubdate bookinfo/date bookinfo/pubdate articleinfo/date articleinfo/pubdate"),
    not_within=names("biblioentry bibliomixed biblioset figure table example"),
    left_out=names("imageobject"),
)
_JATS = Vocabulary(
    headings=names("article-title title"),
    authors=names("contrib/name"),
    dates=names("article-meta/pub-date"),
    not_within=names("ref ref-list related-article caption"),
    left_out=names("journal-meta article-id tex-math"),
)
_TEI = Vocabulary(
    headings=names("head titleStmt/title"),
    authors=names("titleStmt/author"),
    dates=names("publicationStmt/date"),
    not_within=names("sourceDesc listBibl table figure"),
)
_FEED = Vocabulary(
    headings=names("channel/title item/title feed/title entry/title"),
    authors=names("feed/author channel/managingEditor"),
    dates=names("channel/pubDate channel/lastBuildDate feed/updated"),
)
_VOCABULARIES = {
    **dict.fromkeys(("book", "chapter", "section", "refentry", "set", "part", "appendix", "preface"), _DOCBOOK),
    **dict.fromkeys(("TEI", "TEI.2", "teiCorpus"), _TEI),
    **dict.fromkeys(("rss", "feed", "RDF"), _FEED),
    "FictionBook": Vocabulary(
        headings=names("book-title title"),
        authors=names("title-info/author"),
        dates=names("title-info/date"),
        left_out=names("binary document-info"),
    ),
    "opml": Vocabulary(headings=names("head/title"), authors=names("head/ownerName"), dates=names("head/dateCreated")),
    "svg": Vocabulary(headings=names("svg/title"), left_out=names("style script"), only=names("title desc text")),
}
"""By the name of the root. "article" is both DocBook's and JATS's: see `vocabulary_of`."""


def vocabulary_of(tag: str) -> Vocabulary | None:
    name = tag.rpartition("}")[2]
    if name == "article":
        return _DOCBOOK if "docbook" in tag else _JATS
    return _VOCABULARIES.get(name)
