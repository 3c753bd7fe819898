"""The preview worker: shows hostile files, one at a time, from their descriptors, behind the sandbox.

As the extract worker it knows no path and no store, and imports everything before the sandbox closes. It is a process
of its own so that nobody who looks at a file waits for indexing, and leaves when nobody looks at any.
"""

from __future__ import annotations

from finder.extract import registry
from finder.extract.code import highlighting
from finder.extract.media import pictures
from finder.extract.media.pixels import Pixels
from finder.extract.pages.pdf_page import draw_page
from finder.types import JsonObject
from finder.workers import sandbox
from finder.workers.channel import Message
from finder.workers.serving import Reply, notify, open_channel, serve

_MEMORY_BYTES = 1 << 30


def main() -> None:
    channel = open_channel(takes_descriptors=True)
    registry.preload()
    pictures.preload()
    highlighting.preload()
    notify(channel, sandbox=str(sandbox.enter(_MEMORY_BYTES)))
    serve(channel, {"text": _text, "page": _page, "picture": _picture, "tokens": _tokens})


def _text(message: Message) -> Reply:
    """The whole text of a file, and whether its lines are numbered."""
    (descriptor,), (name,) = message.descriptors, message.blobs
    with open(descriptor, "rb", closefd=False) as file:
        document = registry.read_document(file, bytes(name))
    return Reply({"text": document.text, "has_lines": document.has_lines})


def _page(message: Message) -> Reply:
    (descriptor,), params = message.descriptors, message.header["params"]
    with open(descriptor, "rb", closefd=False) as file:
        page = draw_page(file, params["page"], params["width_px"], params["passage"], params["spans"], params["last"])
    return _shown(page.pixels, page=page.number, page_count=page.page_count, boxes=page.boxes)


def _picture(message: Message) -> Reply:
    (descriptor,), params = message.descriptors, message.header["params"]
    with open(descriptor, "rb", closefd=False) as file:
        pixels, (width, height) = pictures.draw_picture(file, params["longest_px"])
    return _shown(pixels, full_width=width, full_height=height)


def _tokens(message: Message) -> Reply:
    params = message.header["params"]
    return Reply({"tokens": list(highlighting.tokens(params["text"], params["name"]))})


def _shown(pixels: Pixels, **facts: object) -> Reply:
    result: JsonObject = {
        "width": pixels.width,
        "height": pixels.height,
        "stride_bytes": pixels.stride_bytes,
        **facts,
    }
    return Reply(result, [pixels.data])


if __name__ == "__main__":
    main()
