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
        txt text log nfo srt vtt sub lrc bib ris enw po pot ics vcf asc readme changes diff patch man 1 3 5 7 8
        xml rss atom opml jats nxml tei docbook dbk fb2 xsd xsl xslt dtd
    """,
    Kind("document", "markdown"): "md markdown mdown mkd mdx qmd rmd",
    Kind("document", "markup"): "rst adoc asciidoc tex latex ltx org textile mediawiki wiki typ muse pod",
    Kind("document", "html"): "html htm xhtml xht shtml",
    Kind("document", "pdf"): "pdf",
    Kind("document", "docx"): "docx docm dotx dotm",
    Kind("sheet", "text"): "csv tsv psv",
    Kind("code", "text"): "json jsonl ndjson json5 geojson webmanifest lock plist css scss sass less svelte vue",
    _CODE: """
        py pyi pyw pyx pxd c h cc cpp cxx c++ hh hpp hxx inl ino m mm cs java kt kts scala sc groovy gradle js jsx mjs
        cjs ts tsx mts cts go rs swift dart php phtml rb rake gemspec pl pm t lua r jl hs lhs ml mli fs fsx fsi clj
        cljs cljc edn lisp lsp el scm rkt ex exs erl hrl sh bash zsh fish ksh ps1 psm1 psd1 bat cmd sql psql ddl f f90
        f95 f03 for pas pp nim zig v sv vhd vhdl vb vbs bas asm s toml ini cfg conf cnf properties yaml yml mk mak
        cmake make gn gni bzl bazel tf hcl proto thrift graphql gql sol cu cuh glsl hlsl wgsl vert frag awk sed tcl
        coffee cr d purs idr agda lean desktop service nix dockerfile
    """,
}
_LATER: dict[FileType, str] = {
    "document": """
        doc dot odt ott fodt rtf epub mobi azw azw3 pages wpd wps djvu djv xps oxps ps eps one hwp hwpx chm vsd vsdx
    """,
    "sheet": "xlsx xlsm xlsb xls ods ots fods numbers slk dif dbf",
    "slides": "pptx pptm ppsx ppt pps odp otp fodp key",
    "notebook": "ipynb",
    "mail": "eml emlx mbox msg pst ost mht mhtml",
    "archive": """
        zip 7z rar tar gz tgz bz2 tbz tbz2 xz txz zst lz lzma lz4 cab jar war ear apk deb rpm whl egg crx xpi
    """,
}
_NAME_ONLY: dict[tuple[FileType, str], str] = {
    ("image", "a picture"): """
        jpg jpeg jpe png gif bmp webp tif tiff heic heif avif ico icns psd ai xcf raw cr2 cr3 nef arw dng orf rw2 svg
        svgz jp2 jxl tga pcx ppm pgm pbm exr hdr kra sketch fig
    """,
    ("audio", "sound"): "mp3 wav flac ogg oga opus m4a aac wma aif aiff mid midi ape alac amr",
    ("video", "a film"): "mp4 m4v mkv webm avi mov wmv flv mpg mpeg 3gp ogv vob m2ts",
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


READER_VERSIONS = {"pdf": 1, "docx": 1, "html": 1, "markdown": 1, "markup": 1, "code": 1, "text": 1}
"""A reader's version rises with every change that gives a file another text: its files are then read again."""

_BY_BYTES = "sniff@1"
"""Rises when a name of no known kind may come out read differently."""
_BY_NAME_ALONE = "none@1"


def reader_key(name: bytes) -> str:
    """Which reader, in which version, a file with this name is begun with: "pdf@1", "sniff@1", "none@1".

    Part of a content's identity in the catalog, so that a better reader reads again what its forerunner read.
    """
    reader = kind_of(name.decode("utf-8", "replace")).reader
    if reader is None:
        return _BY_NAME_ALONE
    return f"{reader}@{READER_VERSIONS[reader]}" if reader in READER_VERSIONS else _BY_BYTES
