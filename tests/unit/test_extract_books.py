"""Books, XML of known and unknown vocabularies, notebooks, subtitles, bibliographies; whole, damaged and hostile."""

from __future__ import annotations

import json
import time
from contextlib import suppress
from typing import Any

import pytest

from finder.errors import FileError
from finder.types import Document
from tests.documents import zipped
from tests.documents_books import encryption, epub
from tests.reading import code_of, read


def _heading_at(document: Document, words: str) -> str | None:
    at = document.text.index(words)
    return [place for place in document.places if place.start <= at][-1].heading


def test_a_book_is_read_in_the_order_of_its_spine_under_its_headings() -> None:
    book = epub(
        [("b.xhtml", "<h1>Waggle</h1><p>They dance.</p>"), ("a.xhtml", "<p>Much honey.</p>")], {"a.xhtml": "Honey"}
    )
    document = read("bees.epub", book)
    assert document.text.split("\n") == ["Waggle", "", "They dance.", "", "Much honey."]
    assert document.title == "The life of bees"
    assert document.metadata == {"author": "Ada", "language": "en"}
    assert _heading_at(document, "They dance") == "Waggle"
    assert _heading_at(document, "Much honey") == "Honey"


def test_an_old_book_has_its_headings_in_an_ncx() -> None:
    book = epub(
        [("a.xhtml", "<p>one</p>"), ("b c.xhtml", "<p>two</p>")], {"a.xhtml": "First", "b%20c.xhtml": "Next"}, True
    )
    document = read("bees.epub", book)
    assert (_heading_at(document, "one"), _heading_at(document, "two")) == ("First", "Next")


@pytest.mark.parametrize(
    ("prolog", "outcome"),
    [
        (
            '<!DOCTYPE package PUBLIC "+//ISBN 0-9673008-1-9//DTD OEB 1.2 Package//EN" "http://oeb.org/oebpkg12.dtd">',
            None,
        ),
        ("<!DOCTYPE package>", None),
        ('<!DOCTYPE package [<!ENTITY a "ha"><!ENTITY b "&a;&a;">]>', "corrupt"),
        ('<!DOCTYPE package [<!ENTITY % a SYSTEM "file:///etc/passwd"> %a;]>', "corrupt"),
    ],
)
def test_a_document_type_is_passed_over_and_entities_are_refused(prolog: str, outcome: str | None) -> None:
    book = epub([("a.xhtml", "<p>one</p>")], prolog=prolog)
    if outcome is None:
        assert read("bees.epub", book).text == "one"
    else:
        assert code_of("bees.epub", book) == outcome


def test_a_chapter_that_is_missing_is_said_and_the_rest_read() -> None:
    chapters = [("a.xhtml", "<p>one</p>"), ("b.xhtml", "<p>two</p>")]
    document = read("bees.epub", epub(chapters, missing="a.xhtml"))
    assert document.text == "two"
    assert document.notes == ("1 of its chapters could not be read",)


def test_a_book_under_a_sellers_key_is_encrypted_but_obfuscated_fonts_are_not() -> None:
    chapters = [("a.xhtml", "<p>one</p>")]
    font = {"META-INF/encryption.xml": encryption("OEBPS/fonts/Serif.otf")}
    assert read("bees.epub", epub(chapters, more=font)).text == "one"
    protected = {"META-INF/encryption.xml": encryption("OEBPS/a.xhtml")}
    assert code_of("bees.epub", epub(chapters, more=protected)) == "encrypted"


@pytest.mark.parametrize("keep", [10, 200, 800])
def test_half_a_book_is_corrupt(keep: int) -> None:
    assert code_of("bees.epub", epub([("a.xhtml", "<p>one</p>")])[:keep]) == "corrupt"


@pytest.mark.parametrize(
    ("name", "part", "page"),
    [
        ("a.vsdx", "visio/pages/page{}.xml", "<Page><Shape><Text><cp/>{}</Text></Shape></Page>"),
        ("a.xps", "Documents/1/Pages/{}.fpage", '<FixedPage><Glyphs UnicodeString="{}"/></FixedPage>'),
    ],
)
def test_drawn_pages_are_read_in_their_order(name: str, part: str, page: str) -> None:
    document = read(name, zipped({part.format(at): page.format(f"page {at}") for at in (1, 10, 2)}))
    assert document.text.split("\n\n") == ["page 1", "page 2", "page 10"]
    assert [place.page for place in document.places] == [1, 2, 3]


def test_data_in_xml_is_read_line_by_line_and_record_by_record() -> None:
    document = read(
        "a.xml", '<plants><plant kind="stone fruit"><name>Plum</name><when>March</when></plant><plant/></plants>'
    )
    assert document.text.split("\n") == ["stone fruit", "Plum", "March"]


def test_words_that_stand_in_one_text_stay_in_one_line() -> None:
    document = read("a.xml", "<a><b><i>The</i> plum <i>tree</i></b><b>Prune</b></a>")
    assert document.text == "The plum tree\nPrune"


@pytest.mark.parametrize(
    ("name", "data", "heading", "author"),
    [
        (
            "a.docbook",
            '<!DOCTYPE article PUBLIC "-//OASIS//DTD DocBook XML V4.5//EN" "docbookx.dtd"><book><title>Bees</title>'
            "<bookinfo><author><firstname>Ada</firstname></author></bookinfo><chapter><title>Honey</title>"
            "<para>Much <emphasis>golden</emphasis> honey&mdash;sweet.</para></chapter></book>",
            "Honey",
            "Ada",
        ),
        (
            "a.jats",
            "<article><front><article-meta><title-group><article-title>Bees</article-title></title-group><contrib-group>"
            "<contrib><name><surname>Ada</surname></name></contrib></contrib-group></article-meta></front><body><sec>"
            "<title>Honey</title><p>Much golden honey—sweet.</p></sec></body><back><ref-list><ref><article-title>Wasps"
            "</article-title></ref></ref-list></back></article>",
            "Honey",
            "Ada",
        ),
        (
            "a.tei",
            '<TEI xmlns="http://www.tei-c.org/ns/1.0"><teiHeader><titleStmt><title>Bees</title><author>Ada</author>'
            "</titleStmt></teiHeader><text><div><head>Honey</head><p>Much golden honey—sweet.</p></div></text></TEI>",
            "Honey",
            "Ada",
        ),
        (
            "a.fb2",
            '<FictionBook xmlns="x"><description><title-info><author><first-name>Ada</first-name></author>'
            "<book-title>Bees</book-title></title-info></description><body><section><title><p>Honey</p></title>"
            "<p>Much golden honey—sweet.</p></section></body><binary>AAAA</binary></FictionBook>",
            "Honey",
            "Ada",
        ),
        (
            "a.rss",
            "<rss><channel><title>Bees</title><managingEditor>Ada</managingEditor><item><title>Honey</title><description>"
            "&lt;p&gt;Much &lt;b&gt;golden&lt;/b&gt; honey—sweet.&lt;/p&gt;</description></item></channel></rss>",
            "Honey",
            "Ada",
        ),
    ],
)
def test_known_vocabularies_have_titles_headings_and_authors(name: str, data: str, heading: str, author: str) -> None:
    document = read(name, data)
    assert document.title == "Bees"
    assert document.metadata["author"] == author
    assert "Much golden honey—sweet." in document.text
    assert _heading_at(document, "Much golden") == heading
    assert "Wasps" not in {place.heading for place in document.places}
    assert "AAAA" not in document.text


def test_an_outline_is_in_attributes() -> None:
    document = read(
        "a.opml", '<opml><head><title>Garden</title></head><body><outline text="Plum &amp; pear"/></body></opml>'
    )
    assert document.text == "Garden\n\nPlum & pear"


def test_a_drawing_says_its_words_or_is_found_by_name() -> None:
    drawing = read(
        "a.svg", "<svg><title>Garden</title><style>p{}</style><g><text>Plum <tspan>tree</tspan></text></g></svg>"
    )
    assert (drawing.text, drawing.type) == ("Garden\n\nPlum tree", "image")
    assert code_of("a.svg", "<svg><path d='M 0 0 z'/></svg>") == "unsupported"


def test_plain_entities_are_put_in_and_others_refused() -> None:
    plain = '<!DOCTYPE a [<!ENTITY plum "a plum tree">]><a>Here is &plum;.</a>'
    assert read("a.xml", plain).text == "Here is a plum tree."
    laughs = '<!DOCTYPE a [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;">]><a>&b;</a>'
    assert code_of("a.xml", laughs) == "corrupt"
    for outside in ('<!ENTITY x SYSTEM "file:///etc/passwd">', '<!ENTITY % x SYSTEM "http://127.0.0.1/x">%x;'):
        assert code_of("a.xml", f"<!DOCTYPE a [{outside}]><a>&x;</a>") == "corrupt"


def test_xml_that_is_not_well_formed_is_read_as_text() -> None:
    document = read("a.xml", "<a>plum <b>tree</a>")
    assert "plum" in document.text
    assert document.has_lines


@pytest.mark.parametrize(
    "data",
    [
        "<a>" * 200_000 + "plum",
        "<a " + "b='plum tree' " * 200_000 + "/>",
        "<!DOCTYPE a [" + "<" * 100_000,
        "<!DOCTYPE a " * 50_000 + ">",
        "<a>" + "&" * 300_000 + "</a>",
        "<!DOCTYPE a [" + "<!-- -->" * 8_000,
        "<!DOCTYPE a [" + "<!--" * 16_000,
        "<!DOCTYPE a [" * 5_000,
        "<a>" + "<p>x</p>" * 100_000 + "</a>",
        "<rss>" + "&lt;p " * 200_000 + "</rss>",
    ],
)
def test_hostile_xml_takes_no_longer_than_its_length(data: str) -> None:
    begun = time.process_time()
    with suppress(FileError):
        read("a.xml", data)
    assert time.process_time() - begun < 4


def _notebook(*cells: dict[str, Any], **more: Any) -> str:
    return json.dumps({"nbformat": 4, "metadata": {"kernelspec": {"language": "python"}}, "cells": cells, **more})


def test_a_notebook_is_read_cell_by_cell_without_its_pictures() -> None:
    outputs = [
        {"output_type": "stream", "text": ["42 \x1b[31mplums\x1b[0m\n"]},
        {"output_type": "display_data", "data": {"image/png": "iVBORw0", "text/plain": "<Figure size 1x1>"}},
        {"output_type": "error", "ename": "ValueError", "evalue": "no plums"},
    ]
    document = read(
        "a.ipynb",
        _notebook(
            {"cell_type": "markdown", "source": ["# Plums\n", "Words.\n", "## Count\n", "More."]},
            {"cell_type": "code", "source": "count(plums)", "outputs": outputs},
        ),
    )
    assert document.text.split("\n\n") == [
        *["# Plums\nWords.", "## Count\nMore.", "count(plums)", "42 plums", "ValueError: no plums"],
    ]
    assert (document.type, document.title, document.metadata) == ("notebook", "Plums", {"language": "python"})
    at = document.text.index("42 plums")
    place = [place for place in document.places if place.start <= at][-1]
    assert (place.label, place.heading) == ("cell 2", "Count")


def test_a_notebook_of_the_third_format_is_read() -> None:
    cells = [{"cell_type": "heading", "level": 1, "source": "Plums"}, {"cell_type": "code", "input": "count()"}]
    document = read("a.ipynb", json.dumps({"nbformat": 3, "worksheets": [{"cells": cells}]}))
    assert document.text == "Plums\n\ncount()"
    assert document.title == "Plums"


@pytest.mark.parametrize(
    "data", ['{"cells": [', "{" + '"a":[' * 50_000, '{"cells": "x"}', '{"cells": [7, {"source": 7}]}']
)
def test_a_notebook_that_is_none_is_an_error(data: str) -> None:
    assert code_of("a.ipynb", data) in ("corrupt", "no_text")


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("a.srt", "1\n00:00:01,000 --> 00:00:02,000\n<i>The plum</i>\n\n2\n00:01:02,000 --> 00:01:03,000\ntree.\n"),
        (
            "a.vtt",
            "WEBVTT\n\nSTYLE\n::cue\n\n00:01.000 --> 00:02.000\n<v Ada>The plum\n\n01:02.000 --> 01:03.000\ntree.\n",
        ),
        ("a.sbv", "0:00:01.000,0:00:02.000\nThe plum\n\n0:01:02.000,0:01:03.000\ntree.\n"),
    ],
)
def test_subtitles_are_words_at_their_minutes(name: str, data: str) -> None:
    document = read(name, data)
    assert document.text.split() == ["The", "plum", "tree."]
    assert [place.label for place in document.places] == ["00:00:01", "00:01:02"]


def test_what_is_said_in_two_cues_is_one_sentence_and_what_rolls_up_is_said_once() -> None:
    cues = "".join(
        f"{at}\n00:00:0{at},000 --> 00:00:0{at},900\n{words}\n\n"
        for at, words in enumerate(["Prune", "Prune", "the tree."])
    )
    assert read("a.srt", cues).text == "Prune the tree."


def test_a_bibliography_is_read_entry_by_entry() -> None:
    source = """@string{gp = "Garden Press"}
@book{ada99, title = {The {Plum} Tree}, author = "M{\\"u}ller, J{\\'e}r\\^ome", year = 1999, publisher = gp # " Ltd",
  abstract = {On \\emph{pruning} in {\\ss}aint-\\L{}ód\\'z.}, file = {:/home/x.pdf:PDF}}
@comment{nothing}
@article(bob, title={Bees}, journal = {Hive})
"""
    document = read("a.bib", source)
    first, second = document.text.split("\n\n")
    assert first.split("\n") == [
        *["The Plum Tree", "Müller, Jérôme", "1999", "Garden Press Ltd", "On pruning in ßaint-Łódź.", "ada99"],
    ]
    assert second.split("\n") == ["Bees", "Hive", "bob"]
    assert [place.heading for place in document.places] == ["The Plum Tree", "Bees"]


@pytest.mark.parametrize(
    "data", ["@a{" * 300_000, "@a{" + " " * 1_000_000, "@a{b, c=" + "{" * 1_000_000, "\\'" * 500_000]
)
def test_a_hostile_bibliography_takes_no_longer_than_its_length(data: str) -> None:
    begun = time.process_time()
    read("a.bib", data)
    assert time.process_time() - begun < 4
