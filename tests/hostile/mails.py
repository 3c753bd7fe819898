"""Hostile mail: parts in parts, headers without end, addresses and charsets that are none."""

from __future__ import annotations

import base64

from tests.hostile.case import TEXT, Case, case
from tests.hostile.packages import CASES as PACKAGES

_ANY = (TEXT, "corrupt", "no_text", "too_large", "binary")
_HEAD = b"From: a@example.org\nSubject: some words\nMIME-Version: 1.0\n"


def _message(headers: bytes, body: bytes = b"some words") -> bytes:
    return _HEAD + headers + b"\n\n" + body


def _parts_in_parts(depth: int) -> bytes:
    head = b"".join(b"Content-Type: multipart/mixed; boundary=b%d\n\n--b%d\n" % (n, n) for n in range(depth))
    return _HEAD + head + b"Content-Type: text/plain\n\ndeep words\n"


def _mail_in_mail(depth: int) -> bytes:
    return (_HEAD + b"Content-Type: message/rfc822\n\n") * depth + _message(b"Content-Type: text/plain")


def _many_parts(count: int, kind: bytes) -> bytes:
    part = b"--b\nContent-Type: %s; name=a.txt\nContent-Disposition: attachment\n\nsome words\n" % kind
    return _message(b"Content-Type: multipart/mixed; boundary=b", part * count + b"--b--\n")


def _with_bomb() -> bytes:
    bomb = next(item for item in PACKAGES if item.title == "30 entries of the same 10 MB").content()
    head = b'--b\nContent-Type: application/octet-stream; name="a.docx"\nContent-Transfer-Encoding: base64\n'
    part = head + b'Content-Disposition: attachment; filename="a.docx"\n\n' + base64.encodebytes(bomb)
    return _message(b"Content-Type: multipart/mixed; boundary=b", b"--b\n\nsome words\n" + part + b"--b--\n")


CASES: list[Case] = [
    case("parts in parts 1,000 deep", "a.eml", lambda: _parts_in_parts(1000), *_ANY),
    case("parts in parts 30,000 deep", "a.eml", lambda: _parts_in_parts(30_000), *_ANY),
    case("mail in mail 500 deep", "a.eml", lambda: _mail_in_mail(500), *_ANY),
    case("mail in mail 20,000 deep", "a.eml", lambda: _mail_in_mail(20_000), *_ANY),
    case("10,000 parts", "a.eml", lambda: _many_parts(10_000, b"text/plain"), *_ANY),
    case("2,000 mails in a mail", "a.eml", lambda: _many_parts(2000, b"message/rfc822"), *_ANY),
    case("an attachment that is a bomb", "a.eml", _with_bomb, TEXT),
    case(
        "a boundary of nothing",
        "a.eml",
        _message(b'Content-Type: multipart/mixed; boundary=""', b"--\n\nwords\n" * 99),
        *_ANY,
    ),
    case("a boundary that never comes", "a.eml", _message(b"Content-Type: multipart/mixed; boundary=x"), *_ANY),
    case(
        "a part that is its own boundary",
        "a.eml",
        lambda: _message(b"Content-Type: multipart/mixed; boundary=b", b"--b\n" * 50_000),
        *_ANY,
    ),
    case("a header of 500 kB", "a.eml", lambda: b"Subject: " + b"some words " * 45_000 + b"\n\nmore", *_ANY),
    case("a header folded 100,000 times", "a.eml", lambda: b"Subject: a" + b"\n b" * 100_000 + b"\n\nwords", *_ANY),
    case("100,000 headers", "a.eml", lambda: b"X-A: words\n" * 100_000 + b"\nwords", *_ANY),
    case(
        "100,000 recipients",
        "a.eml",
        lambda: b"To: " + b"a <b@c.example>, " * 100_000 + b"\nSubject: x\n\nwords",
        *_ANY,
    ),
    case(
        "addresses in addresses",
        "a.eml",
        lambda: b"From: " + b"(" * 50_000 + b"\nTo: " + b"<" * 50_000 + b"\nSubject: x\n\nwords",
        *_ANY,
    ),
    case(
        "20,000 encoded words",
        "a.eml",
        lambda: b"Subject: " + b"=?utf-8?q?=41?= " * 20_000 + b"\nFrom: x\n\nwords",
        *_ANY,
    ),
    case(
        "words in a charset that is none",
        "a.eml",
        b"Subject: =?hex?q?=ff?= =?rot13?b?!!?= =?utf-7?q?+AD?=\nFrom: a\n\nwords",
        *_ANY,
    ),
    *(
        case(
            f"a body in {charset!r}",
            "a.eml",
            _message(b"Content-Type: text/plain; charset=%s" % charset, b"w\xff\xfe\0rds"),
            *_ANY,
        )
        for charset in (
            b"unicode",
            b"zlib",
            b"idna",
            b"undefined",
            b"utf-7",
            b"unicode_escape",
            b"../../x",
            b"\xff\xfe",
            b"mbcs",
        )
    ),
    case("base64 that is none", "a.eml", _message(b"Content-Transfer-Encoding: base64", b"!!!=" * 9999), *_ANY),
    case(
        "an encoding that nobody knows",
        "a.eml",
        _message(b"Content-Transfer-Encoding: x-uuencode", b"begin 644 /etc/x\n#0V%T\n"),
        *_ANY,
    ),
    case("dates beyond time", "a.eml", _message(b"Date: Mon, 99 Foo 999999 99:99:99 +9999"), *_ANY),
    case(
        "a charset parameter of parts",
        "a.eml",
        _message(b"Content-Type: text/plain; " + b"; ".join(b"charset*%d*=utf-8''x" % n for n in range(5000))),
        *_ANY,
    ),
    case(
        "an attachment that leads out",
        "a.eml",
        _message(
            b'Content-Type: text/plain; name="../../etc/x"\n'
            b'Content-Disposition: attachment; filename="/etc/\x1b[31mx.txt"'
        ),
        *_ANY,
    ),
    case("100,000 empty messages", "a.mbox", lambda: b"From a@b Mon Jan  1 00:00:00 2024\n\n" * 100_000, *_ANY),
    case(
        "a message that never ends",
        "a.mbox",
        lambda: b"From a@b Mon Jan  1 00:00:00 2024\n" + b"x: y\n" * 200_000,
        *_ANY,
    ),
    case("a mailbox without line ends", "a.mbox", lambda: b"From a@b Mon Jan  1 00:00:00 2024 " * 10_000, *_ANY),
    case(
        "a web archive in a circle",
        "a.mht",
        _message(
            b"Content-Type: multipart/related; boundary=b",
            b"--b\nContent-Type: multipart/related; boundary=b\n\n" * 999,
        ),
        *_ANY,
    ),
    case(
        "a length that lies",
        "a.emlx",
        b"99999999999999999999\n" + _message(b"X: y") + b"<?xml version='1.0'?><plist>",
        *_ANY,
    ),
    case("a length less than none", "a.emlx", b"-5\n" + _message(b"X: y"), *_ANY),
]
