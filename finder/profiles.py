"""Search profiles: what a model is told that a search is for. Only models that were trained for it understand them.

An instruction is part of the query alone: passages are embedded once, whatever is asked of them later. A leaf: the
settings, the service and the app know it.
"""

from __future__ import annotations

from collections.abc import Mapping

from finder.errors import UsageFaultError

PROFILES = {
    "files": "Given what a person remembers of a file, retrieve relevant passages from that file",
    "code": "Given a description of what a program does, retrieve source code that does it",
}
"""The instructions that come with the program, by name. A search that names none uses the model's own."""
NAME_CHARS, INSTRUCTION_CHARS = 40, 400
"""At most so many: a name stands in a menu, and an instruction before every query that it is for."""


def instruction_of(profile: str, own: Mapping[str, str]) -> str:
    """The instruction of a profile.

    Args:
        own: the user's own profiles, which go before those that come with the program.
    Raises:
        UsageFaultError: there is no such profile.
    """
    known = {**PROFILES, **own}
    if profile not in known:
        hint = f"There are: {', '.join(sorted(known))}. To make one: inkling settings profiles.NAME INSTRUCTION"
        raise UsageFaultError("There is no such profile", profile[:NAME_CHARS], hint)
    return known[profile]


def with_profile(own: Mapping[str, str], name: str, instruction: str) -> dict[str, str]:
    """One's own profiles with one added or changed; without it where the instruction is empty.

    Raises:
        UsageFaultError: it cannot be called so, its instruction is too long, or there is none that could be removed.
    """
    name, instruction = name.strip(), " ".join(instruction.split())
    if not name or len(name) > NAME_CHARS or not name.isprintable():
        hint = f"Use 1 to {NAME_CHARS} characters that can be seen."
        raise UsageFaultError("A profile cannot be called so", repr(name[:NAME_CHARS]), hint)
    if len(instruction) > INSTRUCTION_CHARS or not instruction.isprintable():
        hint = f"Use at most {INSTRUCTION_CHARS} characters that can be seen."
        raise UsageFaultError("This cannot be a profile's instruction", name, hint)
    if not instruction and name not in own:
        hint = f"Yours are: {', '.join(sorted(own))}" if own else "You have none."
        raise UsageFaultError("There is no such profile of your own", name, hint)
    kept = {other: told for other, told in own.items() if other != name}
    return {**kept, name: instruction} if instruction else kept
