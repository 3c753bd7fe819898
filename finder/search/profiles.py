"""Search profiles: what a model is told that a search is for. Only models that were trained for it understand them.

An instruction is part of the query alone: passages are embedded once, whatever is asked of them later.
"""

from __future__ import annotations

from collections.abc import Mapping

from finder.errors import UsageFaultError

PROFILES = {
    "files": "Given what a person remembers of a file, retrieve relevant passages from that file",
    "code": "Given a description of what a program does, retrieve source code that does it",
}
"""The instructions that come with the program, by name. A search that names none uses the model's own."""


def instruction_of(profile: str, own: Mapping[str, str]) -> str:
    """The instruction of a profile.

    Args:
        own: the user's own profiles, which go before those that come with the program.
    Raises:
        UsageFaultError: there is no such profile.
    """
    known = {**PROFILES, **own}
    if profile not in known:
        hint = f"There are: {', '.join(sorted(known))}. Your own are in settings.toml, in the table [profiles]."
        raise UsageFaultError("There is no such profile", profile[:40], hint)
    return known[profile]
