"""What a file is by its name: the type people filter by, and the reader to begin with. Imports the leaves alone.

A name is a hint that costs nothing: the bytes have the last word when the file is read (`registry`).
"""

from __future__ import annotations

import os
from dataclasses import dataclass

from finder.types import FileType


@dataclass(frozen=True, slots=True)
class Kind:
    """What the name of a file tells."""

    type: FileType
    reader: str | None
    """The reader's name; None where files of this kind are found by name alone."""
    reason: str = ""
    """Why by name alone, in words for a person."""


_UNKNOWN = Kind("other", "sniff")
_TEXT = Kind("document", "text")
_CODE = Kind("code", "code")
_READ = {
    _TEXT: """
        txt text log nfo lrc ris enw po pot ics vcf asc readme changes diff patch man 1 3 5 7 8 xsd xsl xslt dtd rd
    """,
    Kind("document", "xml"): "xml rss atom opml jats nxml tei docbook dbk fb2",
    Kind("document", "subtitles"): "srt vtt sbv",
    Kind("document", "bibtex"): "bib",
    Kind("document", "markdown"): "md markdown mdown mkd mdx qmd rmd",
    Kind("document", "markup"): "rst adoc asciidoc tex latex ltx org textile mediawiki wiki typ muse pod",
    Kind("document", "html"): "html htm xhtml xht shtml",
    Kind("document", "pdf"): "pdf",
    Kind("document", "docx"): "docx docm dotx dotm",
    Kind("document", "odf"): "odt ott fodt odg otg fodg",
    Kind("slides", "odf"): "odp otp fodp",
    Kind("document", "rtf"): "rtf",
    Kind("document", "msword"): "doc dot",
    Kind("document", "epub"): "epub",
    Kind("document", "drawn"): "vsdx vsdm xps oxps",
    Kind("slides", "pptx"): "pptx pptm ppsx ppsm potx potm",
    Kind("slides", "mspowerpoint"): "ppt pps pot",
    Kind("sheet", "sheet"): "xlsx xlsm xlsb xltx xltm xls xlt",
    Kind("sheet", "odf"): "ods ots fods",
    Kind("sheet", "delimited"): "csv tsv psv",
    Kind("notebook", "notebook"): "ipynb",
    Kind("mail", "mail"): "eml emlx",
    Kind("document", "mail"): "mht mhtml",
    Kind("mail", "mbox"): "mbox mbx",
    Kind("mail", "msg"): "msg",
    Kind("archive", "archive"): "zip 7z tar tgz tbz tbz2 txz gz bz2 xz",
    Kind("image", "image"): "jpg jpeg jpe png webp tif tiff heic heif gif bmp",
    Kind("image", "xml"): "svg",
    Kind("audio", "media"): "mp3 flac ogg oga opus m4a m4b wav wma aif aiff",
    Kind("video", "media"): "mp4 m4v mov",
    Kind("code", "text"): "json jsonl ndjson json5 geojson webmanifest lock plist css scss sass less svelte vue",
    _CODE: """
        py pyi pyw pyx pxd c h cc cpp cxx c++ hh hpp hxx inl ino m mm cs java kt kts scala sc groovy gradle js jsx mjs
        cjs ts tsx mts cts go rs swift dart php phtml rb rake gemspec pl pm t lua r jl hs lhs ml mli fs fsx fsi clj
        cljs cljc edn lisp lsp el scm rkt ex exs erl hrl sh bash zsh fish ksh ps1 psm1 psd1 bat cmd sql psql ddl f f90
        f95 f03 for pas pp nim zig v sv vhd vhdl vb vbs bas asm s toml ini cfg conf cnf properties yaml yml mk mak
        cmake make gn gni bzl bazel tf hcl proto thrift graphql gql sol cu cuh glsl hlsl wgsl vert frag awk sed tcl
        coffee cr d purs idr agda lean desktop service timer socket mount target nix dockerfile bb gyp gypi rbi phps
        rockspec sbt
    """,
}
_LATER: dict[FileType, str] = {
    "document": """
        mobi azw azw3 pages wpd wps djvu djv ps eps one hwp hwpx chm vsd
    """,
    "sheet": "numbers slk dif dbf",
    "slides": "key",
    "mail": "pst ost",
    "archive": "rar zst lz lzma lz4 cab jar war ear apk deb rpm whl egg crx xpi",
}
_NAME_ONLY: dict[tuple[FileType, str], str] = {
    ("image", "a picture"): """
        avif ico icns psd ai xcf raw cr2 cr3 nef arw dng orf rw2 svgz jp2 jxl tga pcx ppm pgm pbm exr hdr
        kra sketch fig
    """,
    ("audio", "sound"): "aac mid midi ape alac amr",
    ("video", "a film"): "mkv webm avi wmv flv mpg mpeg 3gp ogv vob m2ts",
    ("other", "a program"): "exe dll so dylib o a lib obj class pyc pyo pyd elf com scr msi sys ko app wasm node",
    ("other", "a disk image"): "iso img dmg vhdx vmdk vdi qcow qcow2 wim squashfs snap flatpak appimage",
    ("other", "a database"): "db sqlite sqlite3 db3 mdb accdb frm ibd myd myi ldb rdb kdb realm",
    ("other", "data for programs"): """
        npy npz pkl pickle pt pth onnx safetensors h5 hdf5 parquet feather arrow mat rds rdata joblib ckpt gguf tflite
        pb ttf otf woff woff2 eot pfb blend fbx stl gltf glb dwg dxf 3ds mo qm swf pcap torrent
    """,
}
_BUILD_FILES = ("makefile", "gnumakefile", "cmakelists.txt", "dockerfile", "containerfile", "jenkinsfile", "rakefile")
_MORE_BUILD_FILES = ("vagrantfile", "gemfile", "justfile", "procfile", "brewfile", ".bashrc", ".zshrc", ".vimrc")
_NOTES = ("readme", "license", "licence", "copying", "authors", "changelog", "news", "todo", "install", "notice")
_NAMES: dict[str, Kind] = {
    **dict.fromkeys((*_BUILD_FILES, *_MORE_BUILD_FILES), _CODE),
    **dict.fromkeys(_NOTES, _TEXT),
}


def _table() -> dict[str, Kind]:
    table = {ext: kind for kind, exts in _READ.items() for ext in exts.split()}
    for type_, exts in _LATER.items():
        reason = "Files of this format are found by name"
        table.update(dict.fromkeys(exts.split(), Kind(type_, None, reason)))
    for (type_, what), exts in _NAME_ONLY.items():
        table.update(dict.fromkeys(exts.split(), Kind(type_, None, f"It is {what}: found by name alone")))
    return table


_KINDS = _table()


def extension(name: str) -> str:
    """The lower-case extension without its dot, "" where there is none."""
    return os.path.splitext(name)[1][1:].lower()


def kind_of(name: str) -> Kind:
    """What `name`, a file's name without its folders, tells about it."""
    return _NAMES.get(name.lower()) or _KINDS.get(extension(name), _UNKNOWN)


READER_VERSIONS = {
    **dict.fromkeys(("pdf", "html", "docx", "markdown", "markup", "code", "text", "odf"), 2),
    **dict.fromkeys(("xml", "subtitles", "bibtex", "rtf", "msword", "epub", "drawn", "pptx", "mspowerpoint"), 1),
    **dict.fromkeys(("sheet", "delimited", "notebook", "mail", "mbox", "msg", "archive", "image", "media"), 1),
}
"""A reader's version rises with every change that gives a file another text: its files are then read again."""

RECOGNISED, UNRECOGNISED = "+ocr", "-ocr"
"""At the end of a reader's key: see `accepted_keys`."""
_BY_BYTES = "sniff@2"
"""Rises when a name of no known kind may come out read differently."""
_BY_NAME_ALONE = "none@1"


def reader_key(name: bytes) -> str:
    """Which reader, in which version, a file with this name is begun with: "pdf@2", "sniff@2", "none@1".

    Part of a content's identity in the catalog, so that a better reader reads again what its forerunner read.
    """
    reader = _reader_of(name)
    if reader is None:
        return _BY_NAME_ALONE
    return f"{reader}@{READER_VERSIONS[reader]}" if reader in READER_VERSIONS else _BY_BYTES


def accepted_keys(name: bytes, recognises: bool) -> tuple[str, ...]:
    """What may have read a file with this name, so that it need not be read again; the best one first.

    Of PDFs and pictures a key also tells whether text was recognised ("pdf@2+ocr"), or could be ("pdf@2-ocr").
    Without either, there was nothing to be recognised.

    Args:
        recognises: text is recognised now. What was recognised before is kept where it is not.
    """
    key = reader_key(name)
    if not has_pictures(name):
        return (key,)
    return (key + RECOGNISED, key) if recognises else (key + RECOGNISED, key, key + UNRECOGNISED)


def recorded_key(name: bytes, may_be_recognised: bool, is_recognised: bool) -> str:
    """The key for a file that was read: see `accepted_keys`.

    Args:
        may_be_recognised: there are pages without text.
        is_recognised: what they show was looked for, with whatever outcome.
    """
    if not has_pictures(name):
        return reader_key(name)
    return reader_key(name) + (RECOGNISED if is_recognised else UNRECOGNISED if may_be_recognised else "")


def has_pictures(name: bytes) -> bool:
    """True where a file with this name may hold text that only a text recognition program can read."""
    return _reader_of(name) in ("pdf", "image")


def is_picture(name: bytes) -> bool:
    """True where the whole file is one picture, by its name."""
    return _reader_of(name) == "image"


def is_archive(name: bytes) -> bool:
    """True where a file with this name is there to hold others."""
    return _reader_of(name) == "archive"


def is_known_by_samples(name: bytes, recognises: bool = False) -> bool:
    """True where a file with this name is read for what its header says, so that not all its bytes need hashing.

    Args:
        recognises: pictures are read for what they show.
    """
    reader = _reader_of(name)
    return reader == "media" or (reader == "image" and not recognises)


def _reader_of(name: bytes) -> str | None:
    return kind_of(name.decode("utf-8", "replace")).reader
