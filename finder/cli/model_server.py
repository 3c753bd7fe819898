"""`model use server`: have a server of one's own compute, knowing who is sent what."""

from __future__ import annotations

import os
from argparse import Namespace
from typing import Any, cast

from finder.cli.screen import agreed, count, printable, say, size
from finder.config import SERVER
from finder.errors import UsageFaultError
from finder.paths import Home
from finder.service.client import connect
from finder.service.protocol.models import ModelCost

_SETTING_OF = {
    "url": "urls",
    "server_model": "model",
    "dimension": "dimension",
    "key_file": "key_file",
    "allow_http": "allows_http",
    "start": "start_command",
    "stop": "stop_command",
    "idle": "idle_minutes",
}
"""The option of `model use` that changes each setting of a server."""


def is_wanted(options: Namespace) -> bool:
    """True where the model of `model use` is a server's.

    Raises:
        UsageFaultError: a server is described and another model is named.
    """
    if options.name != SERVER and _changes(options).keys() - {"dimension"}:
        hint = f"inkling model use {SERVER} --url URL --name MODEL"
        raise UsageFaultError("These options are for a server of your own", printable(options.name), hint)
    return bool(options.name == SERVER)


def use(home: Home, options: Namespace) -> int:
    """Ask, naming who is sent texts; have the server asked what it is; have its space built beside the present one."""
    params = {"model": SERVER, "server": _changes(options)}
    with connect(home) as client:
        cost = cast(ModelCost, client.call("model_cost", params))
        if not agreed(_question(cost), options.yes):
            say("Nothing was changed, and nothing was sent.")
            return 1
        say("The server is asked what it is.")
        client.call("use_model", params)
    print("It has begun. To see how far it is: inkling status")
    return 0


def _question(cost: ModelCost) -> str:
    disk = f", about {size(cost['disk_bytes'])} on the disk" if cost["disk_bytes"] else ""
    return (
        f"Send the text of your files and of your questions to {printable(', '.join(cost['recipients']))}? "
        f"{count(cost['passages'], 'passage')} will be embedded there{disk}; all of them again where the model is "
        "another one than before. The present model answers meanwhile."
    )


def _changes(options: Namespace) -> dict[str, Any]:
    """What the options say of the server's settings; those that were not given stay as they are."""
    given = {setting: getattr(options, option) for option, setting in _SETTING_OF.items()}
    if options.key_file:
        given["key_file"] = os.path.abspath(os.path.expanduser(options.key_file))
    return {setting: value for setting, value in given.items() if value is not None and value is not False}
