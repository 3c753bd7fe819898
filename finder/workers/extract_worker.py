"""The extract worker: one hostile file at a time, from its descriptor, behind the sandbox. Knows no path and no store.

Everything that reading may need is imported before the sandbox closes: no file can be opened afterwards.
"""

from __future__ import annotations

from finder.extract import registry
from finder.extract.pages.pdf_drawing import draw
from finder.passages import split
from finder.types import Extraction
from finder.workers import sandbox
from finder.workers.channel import Message
from finder.workers.extraction_wire import to_json
from finder.workers.serving import Reply, notify, open_channel, serve

_MEMORY_BYTES = 1 << 30


def main() -> None:
    channel = open_channel(takes_descriptors=True)
    registry.preload()
    report = sandbox.enter(_MEMORY_BYTES)
    notify(channel, sandbox=str(report))
    serve(channel, {"extract": _extract, "render": _render})


def _extract(message: Message) -> Reply:
    (descriptor,), (name,) = message.descriptors, message.blobs
    recognised = message.header["params"].get("recognised")
    with open(descriptor, "rb", closefd=False) as file:
        if recognised is None:
            document = registry.read_document(file, bytes(name))
        else:
            texts = {int(page): text for page, text in recognised.items()}
            document = registry.read_document(file, bytes(name), recognised=texts)
    extraction = Extraction(
        type=document.type,
        title=document.title,
        encoding=document.encoding,
        is_encoding_guessed=document.is_encoding_guessed,
        is_cut=document.is_cut,
        chars=len(document.text),
        metadata=document.metadata,
        notes=document.notes,
        passages=tuple(split(document)),
        blank_pages=document.blank_pages,
        is_recognised=recognised is not None,
    )
    return Reply(to_json(extraction))


def _render(message: Message) -> Reply:
    """A page of a PDF as a picture."""
    (descriptor,) = message.descriptors
    with open(descriptor, "rb", closefd=False) as file:
        drawing = draw(file, message.header["params"]["page"])
    return Reply({"page_count": drawing.page_count, "dpi": drawing.dpi}, [drawing.picture])


if __name__ == "__main__":
    main()
