"""Small electronic books, made on the spot."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from tests.documents import zipped

_CONTAINER = """<?xml version="1.0"?><container xmlns="urn:oasis:names:tc:opendocument:xmlns:container"><rootfiles>
<rootfile full-path="OEBPS/book.opf" media-type="application/oebps-package+xml"/></rootfiles></container>"""


def epub(
    chapters: Sequence[tuple[str, str]],
    contents: Mapping[str, str] | None = None,
    is_old: bool = False,
    more: Mapping[str, str | bytes] | None = None,
    missing: str | None = None,
    prolog: str = "",
) -> bytes:
    """A book of (file, XHTML body) in the order of reading; `contents` maps files to what the table calls them.

    `prolog` stands before the package document's root.
    """
    items = "".join(
        f'<item id="i{at}" href="{name}" media-type="application/xhtml+xml"/>' for at, (name, _) in enumerate(chapters)
    )
    order = "".join(f'<itemref idref="i{at}"/>' for at in range(len(chapters)))
    kind = 'media-type="application/x-dtbncx+xml"' if is_old else 'media-type="application/xhtml+xml" properties="nav"'
    opf = f"""<?xml version="1.0"?>{prolog}<package xmlns="http://www.idpf.org/2007/opf" version="3.0"><metadata
        xmlns:dc="http://purl.org/dc/elements/1.1/"><dc:title>The life of bees</dc:title><dc:creator>Ada</dc:creator>
        <dc:language>en</dc:language></metadata><manifest><item id="toc" href="toc.xml" {kind}/>{items}</manifest>
        <spine>{order}</spine></package>"""
    parts: dict[str, str | bytes] = {
        "mimetype": "application/epub+zip",
        "META-INF/container.xml": _CONTAINER,
        "OEBPS/book.opf": opf,
        "OEBPS/toc.xml": _ncx(contents or {}) if is_old else _nav(contents or {}),
    }
    for name, body in chapters:
        page = (
            f'<?xml version="1.0"?><html xmlns="http://www.w3.org/1999/xhtml"><head><title/></head><body>{body}</body>'
        )
        parts[f"OEBPS/{name}"] = page + "</html>"
    parts.pop(f"OEBPS/{missing}", None)
    return zipped({**parts, **(more or {})})


def _nav(contents: Mapping[str, str]) -> str:
    entries = "".join(f'<li><a href="{file}#top">{words}</a></li>' for file, words in contents.items())
    return f'<html xmlns="http://www.w3.org/1999/xhtml"><body><nav><ol>{entries}</ol></nav></body></html>'


def _ncx(contents: Mapping[str, str]) -> str:
    points = "".join(
        f'<navPoint><navLabel><text>{words}</text></navLabel><content src="{file}"/></navPoint>'
        for file, words in contents.items()
    )
    return (
        '<?xml version="1.0"?><!DOCTYPE ncx PUBLIC "-//NISO//DTD ncx 2005-1//EN" "ncx-2005-1.dtd">'
        f'<ncx xmlns="http://www.daisy.org/z3986/2005/ncx/"><navMap>{points}</navMap></ncx>'
    )


def encryption(path: str) -> str:
    return (
        '<encryption xmlns="urn:oasis:names:tc:opendocument:xmlns:container"><EncryptedData><CipherData>'
        f'<CipherReference URI="{path}"/></CipherData></EncryptedData></encryption>'
    )
