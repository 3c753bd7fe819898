"""Sound files of many formats, spoilt at places that a seed chooses, and read by the real worker.

What may come of it: text, a reader's own verdict, or a parser of another language that ended with its process. What may
not: a hang, memory past the limit, an error of Python in a reader, an answer that the wire refuses.
"""

from __future__ import annotations

import gzip
import io
import json
import random
import tarfile
import zipfile
from collections.abc import Callable, Sequence
from pathlib import Path

from tests import documents, documents_mail, documents_media, documents_office
from tests.documents_pdf import flate, one_page, shown
from tests.hostile.bench import ENDED_ITSELF, Bench, open_bench
from tests.hostile.packages import FAMILIES

MUTANTS = 100
"""Of one seed."""

_WORDS = "The plum tree wants pruning in March, said Ada. Der Baum blüht."
_ATTACHED = documents_mail.part("text/plain; charset=utf-8", _WORDS, "a.txt")
_CELLS: list[dict[str, object]] = [
    {"cell_type": "markdown", "source": ["# Plums\n", _WORDS]},
    {"cell_type": "code", "source": _WORDS, "outputs": [{"output_type": "stream", "text": [_WORDS]}]},
]


def _mail() -> bytes:
    headers, body = documents_mail.multipart("mixed", _ATTACHED, documents_mail.part("text/html", f"<p>{_WORDS}</p>"))
    return documents_mail.mail({"From": "Ada <a@b.example>", "Subject": "=?utf-8?q?Pl=C3=BCm?=", **headers}, body)


def _tar() -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as archive:
        for name in ("a.txt", "b/c.md"):
            member = tarfile.TarInfo(name)
            member.size = len(_WORDS.encode())
            archive.addfile(member, io.BytesIO(_WORDS.encode()))
    return out.getvalue()


def _package(name: str) -> bytes:
    paragraph, build = FAMILIES[name]
    return documents.zipped(build("".join(paragraph.format(f"{_WORDS} {number}") for number in range(5)), ""))


def _wholes() -> dict[str, bytes]:
    mail = _mail()
    exif = documents_media.tiff({0x010E: _WORDS, 0x013B: "Ada"}, {0x9003: "2024:03:01 10:00:00"})
    return {
        "a.pdf": documents.pdf([[_WORDS.replace("ü", "u")] * 3] * 3, title="Plums", outline={"Plum": 0, "Tree": 2}),
        "b.pdf": one_page(flate(shown(b"The plum tree")), page=b"/Annots[<</Subtype/Text/Contents(pruned)>>]"),
        **{name: _package(name) for name in FAMILIES},
        "a.doc": documents_office.doc([(_WORDS, 0), ("Plums\r", 1)] * 3, notes=_WORDS),
        "a.ppt": documents_office.ppt([("Plums", _WORDS, _WORDS), ("Trees", _WORDS, "")]),
        "a.xls": documents_office.xls({"Trees": [["name", "year"], ["plum", 1998.0], [_WORDS, 7.5]]}),
        "a.msg": documents_mail.msg(documents_mail.message({0x37: "Plums", 0x1000: _WORDS, 0x0C1A: "Ada"})),
        "a.rtf": rb"{\rtf1\ansi\ansicpg1252{\fonttbl{\f0 Arial;}}{\info{\title Plums}}\f0 Pl\'fcm \u252?\par {\*\x y}}",
        "a.html": f"<html><head><title>Plums</title></head><body><h1>Trees</h1><p>{_WORDS}<ul><li>a".encode() * 3,
        "a.xml": f"<?xml version='1.0'?><article><title>Plums</title><para>{_WORDS}</para></article>".encode(),
        "a.eml": mail,
        "a.mbox": (b"From a@b Mon Jan  1 00:00:00 2024\n" + mail + b"\n\n") * 3,
        "a.ipynb": json.dumps({"nbformat": 4, "metadata": {}, "cells": _CELLS}).encode(),
        "a.csv": f'name;year\n"{_WORDS}";1998\nplum;"a\nb"\n'.encode() * 5,
        "a.txt": _WORDS.encode("utf-16") * 5,
        "a.md": f"# Plums\n\n> {_WORDS}\n\n```\ncode\n```\n\n| a | b |\n|---|---|\n".encode() * 3,
        "a.bib": f"@book{{plum, title={{Plums {{and}} trees}}, author={{Ada}}, note={{{_WORDS}}}}}\n".encode() * 3,
        "a.srt": f"1\n00:00:01,000 --> 00:00:02,000\n{_WORDS}\n\n".encode() * 5,
        "a.zip": documents.zipped({"a.txt": _WORDS, "b.zip": documents.zipped({"c.md": _WORDS})}),
        "a.tar": _tar(),
        "a.tgz": gzip.compress(_tar()),
        "a.jpg": documents_media.jpeg((0xE1, b"Exif\0\0" + exif)),
        "a.tif": exif,
        "a.png": documents_media.png(
            (b"tEXt", b"Title\0Plums"), (b"zTXt", b"Comment\0\0" + documents_media.packed(_WORDS))
        ),
        "a.mp3": documents_media.mp3({"TIT2": "Plums", "TPE1": "Ada", "COMM": _WORDS}),
        "a.m4a": documents_media.heic(exif).replace(b"heic", b"M4A "),
        "a.heic": documents_media.heic(exif),
    }


Mutation = Callable[[bytearray, random.Random], None]


def _flip(data: bytearray, chance: random.Random) -> None:
    for _ in range(chance.choice((1, 1, 2, 8, 40))):
        data[chance.randrange(len(data))] ^= 1 << chance.randrange(8)


def _cut(data: bytearray, chance: random.Random) -> None:
    del data[chance.randrange(1, len(data)) if len(data) > 1 else 1 :]


def _swap(data: bytearray, chance: random.Random) -> None:
    size = chance.randrange(1, max(2, len(data) // 4))
    one, other = (chance.randrange(max(1, len(data) - size)) for _ in range(2))
    block = data[one : one + size]
    data[one : one + size] = data[other : other + size]
    data[other : other + len(block)] = block


def _repeat(data: bytearray, chance: random.Random) -> None:
    start = chance.randrange(len(data))
    data[start:start] = data[start : start + chance.randrange(1, 200)] * chance.choice((1, 2, 50))


def _lie(data: bytearray, chance: random.Random) -> None:
    """A number of 1 to 8 bytes, or one in digits, becomes one that nobody expects."""
    digits = [at for at in range(len(data)) if 48 <= data[at] < 58]
    if digits and chance.random() < 0.5:
        at = chance.choice(digits)
        data[at : at + 1] = chance.choice((b"0", b"-1", b"99999999999", b"2147483647", b"1e309"))
        return
    value = chance.choice((b"\0", b"\xff", b"\x7f", b"\x80")) * chance.choice((1, 2, 4, 8))
    at = chance.randrange(len(data))
    data[at : at + len(value)] = value


def _mutations(others: Sequence[bytes]) -> list[Mutation]:
    def splice(data: bytearray, chance: random.Random) -> None:
        other = chance.choice(others)
        data[chance.randrange(len(data)) :] = other[chance.randrange(len(other)) :]

    return [_flip, _flip, _cut, _swap, _repeat, _lie, _lie, splice]


def _spoil(data: bytearray, mutations: list[Mutation], chance: random.Random) -> None:
    for _ in range(chance.choice((1, 1, 2, 5))):
        if data:
            chance.choice(mutations)(data, chance)


def _spoil_inside(data: bytes, mutations: list[Mutation], chance: random.Random) -> bytes:
    """One member of a zip archive spoilt, and all packed again with checksums that agree."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    spoilt = chance.choice(list(parts))
    content = bytearray(parts[spoilt])
    _spoil(content, mutations, chance)
    return documents.zipped({**parts, spoilt: bytes(content)})


def fuzz(folder: Path, seed: int, count: int = MUTANTS) -> None:
    """Read `count` spoilt files of `seed`, in one worker after another as in life.

    Raises:
        AssertionError: one ended as none may; its name and number are said.
    """
    with open_bench(folder) as bench:
        fuzz_with(bench, seed, count)


def fuzz_with(bench: Bench, seed: int, count: int = MUTANTS) -> None:
    wholes = _wholes()
    names = list(wholes)
    chance = random.Random(seed)
    mutations = _mutations(list(wholes.values()))
    for number in range(count):
        name = names[(seed + number) % len(names)]
        data = wholes[name]
        if data.startswith(b"PK") and chance.random() < 0.7:
            mutant = _spoil_inside(data, mutations, chance)
        else:
            spoilt = bytearray(data)
            _spoil(spoilt, mutations, chance)
            mutant = bytes(spoilt)
        path = bench.folder / name
        path.write_bytes(mutant)
        ending = bench.ending(path)
        assert ending in ENDED_ITSELF, f"{ending} at {name}, number {number} of seed {seed}"
    bench.check_calm()
