"""Mail, many mails in one file, Outlook's messages: who, when, what, and what is attached; whole and hostile."""

from __future__ import annotations

import base64
import struct
import time

import pytest

from finder.extract.reader import Limits
from finder.types import Document
from tests import documents
from tests.documents_mail import Storage, mail, message, msg, multipart, part
from tests.reading import code_of, read

_HEAD = {
    "From": "=?utf-8?q?J=C3=BCrgen?= <j@example.org>",
    "To": "Ada <ada@example.org>",
    "Date": "Fri, 01 Mar 2024 23:30:00 -0800",
    "Subject": "=?iso-8859-1?q?Caf=E9_in?= =?iso-8859-1?q?_March?=",
}


def _labels(document: Document) -> list[str | None]:
    return [place.label for place in document.places]


def test_a_mail_begins_with_its_subject_its_people_and_the_senders_day() -> None:
    document = read("a.eml", mail(_HEAD, "The plum tree.\r\n"))
    assert document.text.split("\n") == [
        *["Café in March", "From: Jürgen <j@example.org>", "To: Ada <ada@example.org>", "Date: 2024-03-01", ""],
        *["The plum tree.", ""],
    ]
    assert (document.type, document.title) == ("mail", "Café in March")
    assert document.metadata["from"] == "Jürgen <j@example.org>"
    assert document.metadata["date"] == "2024-03-01"
    assert {place.heading for place in document.places} == {"Café in March"}


def test_of_two_versions_the_plain_one_is_read() -> None:
    header, body = multipart("alternative", part("text/plain", "plain words"), part("text/html", "<p>rich words"))
    text = read("a.eml", mail({**_HEAD, **header}, body)).text
    assert "plain words" in text
    assert "rich words" not in text


def test_a_plain_version_that_only_apologises_gives_way() -> None:
    page = "<p>" + "The plum tree wants pruning. " * 5
    header, body = multipart("alternative", part("text/plain", "Use a browser."), part("text/html", page))
    assert "pruning" in read("a.eml", mail({**_HEAD, **header}, body)).text


def test_attachments_are_named_read_and_found_at_their_place() -> None:
    pdf = documents.pdf([["First page"], ["Second page"]])
    header, body = multipart(
        "mixed",
        part("text/plain", "See below."),
        part("application/pdf", pdf, "plan.pdf"),
        part("image/png", b"\x89PNG\r\n\x1a\n" + bytes(50), "photo.png"),
    )
    document = read("a.eml", mail({**_HEAD, **header}, body))
    assert "Attachments: plan.pdf, photo.png" in document.text
    assert "attachment plan.pdf, page 2" in _labels(document)
    at = document.text.index("Second page")
    place = [place for place in document.places if place.start <= at][-1]
    assert (place.page, place.label) == (2, "attachment plan.pdf, page 2")
    assert any(note.startswith("attachment photo.png: ") for note in document.notes)


def test_pictures_that_belong_to_the_body_are_left_out() -> None:
    header, body = multipart("related", part("text/html", "<p>Hello"), part("image/png", b"\x89PNG"))
    assert read("a.eml", mail({**_HEAD, **header}, body)).notes == ()


def test_a_mail_in_a_mail_is_read_but_not_without_end() -> None:
    data = mail({**_HEAD, "Subject": "innermost"}, "deep words")
    for level in range(5):
        header, body = multipart("mixed", mail({"Content-Type": "message/rfc822"}, data), boundary=f"b{level}")
        data = mail({**_HEAD, **header, "Subject": f"level {level}"}, body)
    document = read("a.eml", data)
    assert "level 1" in document.text
    assert "innermost" not in document.text
    assert any("Nested too deeply" in note for note in document.notes)


@pytest.mark.parametrize(
    ("charset", "codec"),
    [("gb2312", "gb18030"), ("us-ascii", "utf-8"), ("x-unknown", "utf-8"), ("rot13", "utf-8"), ("koi8-r", "koi8_r")],
)
def test_the_body_is_read_whatever_its_charset_is_called(charset: str, codec: str) -> None:
    words = "сливовое дерево 梅" if codec != "koi8_r" else "сливовое дерево"
    body = f"Content-Type: text/plain; charset={charset}\r\nFrom: a@b\r\n\r\n".encode() + words.encode(codec)
    assert words in read("a.eml", body).text


def test_rubbish_in_base64_costs_only_itself() -> None:
    body = (
        b"From: a@b\r\nContent-Transfer-Encoding: base64\r\n\r\n" + base64.b64encode(b"whole words") + b"!!\xff=x\r\n"
    )
    assert "whole words" in read("a.eml", body).text


@pytest.mark.parametrize("name", ["a.eml", "mail_without_ending", "1709335800.M5P9.host:2,S"])
def test_a_mail_is_known_by_its_headers(name: str) -> None:
    assert read(name, mail(_HEAD, "words")).type == "mail"


def test_apple_mails_length_and_list_of_properties_are_no_text() -> None:
    data = mail(_HEAD, "apple words")
    document = read("7.emlx", b"%d\n" % len(data) + data + b'<?xml version="1.0"?><plist>flags</plist>')
    assert "apple words" in document.text
    assert "flags" not in document.text


def test_a_saved_page_is_read_as_a_page() -> None:
    header, body = multipart("related", part("text/html", "<h1>Bees</h1><p>dance"), part("text/css", "p{color:red}"))
    document = read("page.mht", mail({"From": "<Saved by Blink>", "Subject": "Bees & honey", **header}, body))
    assert (document.type, document.title) == ("document", "Bees & honey")
    assert "Blink" not in document.text
    assert "color" not in document.text


_LOCKED = "-----BEGIN PGP MESSAGE-----\r\n\r\nhQEMA0Zz\r\n-----END PGP MESSAGE-----\r\n"


@pytest.mark.parametrize("kind", ["encrypted", "pkcs7", "armoured"])
def test_an_encrypted_mail_is_found_by_its_head_and_says_so(kind: str) -> None:
    header, body = multipart("encrypted", part("application/octet-stream", _LOCKED))
    if kind == "pkcs7":
        header = {"Content-Type": "application/pkcs7-mime; smime-type=enveloped-data"}
    elif kind == "armoured":
        header, body = {}, _LOCKED.encode()
    document = read("a.eml", mail({**_HEAD, **header}, body))
    assert document.text.startswith("Café in March\nFrom: Jürgen")
    assert "hQEM" not in document.text
    assert document.notes == ("Its body is encrypted: it can be read with its key alone",)


def test_among_many_mails_the_locked_one_is_named() -> None:
    mails = (mail(_HEAD, words) for words in ("before\r\n", _LOCKED, "behind\r\n"))
    document = read("a.mbox", b"\r\n".join(b"From a@b Fri Mar  1 08:30:00 2024\r\n" + one for one in mails))
    assert "behind" in document.text
    assert document.notes == ("message 2: Its body is encrypted: it can be read with its key alone",)


def test_ten_thousand_parts_and_parts_within_parts_end_soon() -> None:
    begun = time.process_time()
    wide, body = multipart("mixed", *[b"\r\nx"] * 20_000)
    read("wide.eml", mail({**_HEAD, **wide}, body))
    lines = b"".join(
        b"--b%d\r\nContent-Type: multipart/mixed; boundary=b%d\r\n\r\n" % (at, at + 1) for at in range(5000)
    )
    header = {"Content-Type": "multipart/mixed; boundary=b0"}
    read("deep.eml", mail({**_HEAD, **header}, lines + b"x\r\n" * 100_000))
    assert time.process_time() - begun < 5


def test_headers_without_end_are_borne_with() -> None:
    begun = time.process_time()
    read("a.eml", b"From: a@b\r\nSubject: " + b"=?utf-8?q?" * 200_000 + b"\r\n\r\nbody")
    read("a.eml", b"From: a@b\r\nContent-Type: text/plain; a=" + b'";' * 200_000 + b"\r\n\r\nbody")
    read("a.eml", b"From: a@b\r\n" + b"X: y\r\n \r\n " * 100_000 + b"\r\n\r\nbody")
    assert time.process_time() - begun < 5


def test_an_mbox_is_read_mail_by_mail() -> None:
    first, second = mail(_HEAD, "one\r\n>From here\r\n\r\n"), mail({**_HEAD, "Subject": "Second"}, "two\r\n")
    line = b"From j@example.org Fri Mar  1 23:30:00 2024\r\n"
    document = read("Inbox", line + first + line + second)
    assert (document.type, document.metadata["messages"]) == ("mail", "2")
    assert "\nFrom here" in document.text
    at = document.text.index("two")
    place = [place for place in document.places if place.start <= at][-1]
    assert (place.label, place.heading) == ("message 2", "Second")


def test_thunderbird_puts_no_blank_line_between_mails() -> None:
    line = b"From - Fri Mar  1 23:30:00 2024\r\n"
    body = line + mail(_HEAD, "one\r\n") + line + mail(_HEAD, "two\r\nFrom the garden, 12:30\r\nall is well\r\n")
    document = read("Sent", body)
    assert document.metadata["messages"] == "2"
    assert "From the garden" in document.text


def test_a_text_that_begins_with_from_is_a_text() -> None:
    assert read("letter", b"From here on, 12:30, it is plain.\nAll of it.\n").type == "document"


def test_an_mbox_over_the_limit_is_cut_and_says_so() -> None:
    line = b"From j@example.org Fri Mar  1 23:30:00 2024\r\n"
    document = read("a.mbox", (line + mail(_HEAD, "words\r\n\r\n")) * 50, Limits(inflated_bytes=1000))
    assert document.is_cut
    assert 1 < int(document.metadata["messages"]) < 10


def _outlook() -> Storage:
    top = message(
        {
            0x0037: "Plum tree",
            0x0C1A: "Jürgen",
            0x0C1F: "/o=firm/cn=j",
            0x5D01: "j@example.org",
            0x1000: "Prune in March.",
        },
        {0x0039: 133537770000000000},
    )
    top.storages["__recip_version1.0_#00000000"] = message({0x3001: "Ada", 0x39FE: "ada@example.org"}, {0x0C15: 1})
    top.storages["__recip_version1.0_#00000001"] = message({0x3001: "Bob"}, {0x0C15: 2})
    top.storages["__attach_version1.0_#00000000"] = message(
        {0x3707: "list.csv"}, data={0x3701: b"what,when\nplum,March\n"}
    )
    return top


def test_an_outlook_message_is_read_like_any_mail() -> None:
    document = read("a.msg", msg(_outlook()))
    assert document.text.split("\n")[:6] == [
        *["Plum tree", "From: Jürgen <j@example.org>", "To: Ada <ada@example.org>", "Cc: Bob", "Date: 2024-03-01"],
        "Attachments: list.csv",
    ]
    assert "Prune in March." in document.text
    assert document.type == "mail"
    assert any((label or "").startswith("attachment list.csv") for label in _labels(document))


def test_an_outlook_message_within_another_is_an_attachment() -> None:
    top = _outlook()
    inner = message({0x0037: "Forwarded", 0x1000: "inner words"})
    attachment = message({0x3001: "Forwarded"})
    attachment.storages["__substg1.0_3701000D"] = inner
    top.storages["__attach_version1.0_#00000001"] = attachment
    document = read("a.msg", msg(top))
    assert "inner words" in document.text
    assert "attachment Forwarded" in _labels(document)


def test_an_outlook_message_of_html_or_packed_rtf_has_a_body() -> None:
    top = message({0x0037: "Subject"}, {0x3FDE: 1251}, {0x1013: "<p>сливовое дерево</p>".encode("cp1251")})
    assert "сливовое дерево" in read("a.msg", msg(top)).text
    rtf = rb"{\rtf1\ansi plum tree}"
    packed = struct.pack("<IIII", len(rtf) + 12, len(rtf), 0x414C454D, 0) + rtf
    document = read("a.msg", msg(message({0x0037: "Subject"}, data={0x1009: packed})))
    assert "plum tree" in document.text
    assert "date" not in document.metadata


def test_packed_rtf_repeats_what_went_before() -> None:
    """[MS-OXRTFCP] 3.1.1.4 has this example."""
    packed = bytes.fromhex(
        "2d0000002b0000004c5a4675f1c5c7a703000a007263706731323542320af32068656c090020627705b06c647d0a800fa0"
    )
    assert "hello world" in read("a.msg", msg(message({0x0037: "Subject"}, data={0x1009: packed}))).text


def test_an_encrypted_outlook_message_is_found_by_its_head_and_says_so() -> None:
    document = read("a.msg", msg(message({0x001A: "IPM.Note.SMIME", 0x0037: "Café in March"})))
    assert document.text.strip() == "Café in March"
    assert document.notes == ("Its body is encrypted: it can be read with its key alone",)


@pytest.mark.parametrize("keep", [512, 1024, 2000, 4000])
def test_a_message_cut_short_is_an_error(keep: int) -> None:
    assert code_of("a.msg", msg(_outlook())[:keep]) in ("corrupt", "unsupported", "no_text")
