"""Every target that there is on this system, and what is done with them by their names."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence

from finder.errors import UsageFaultError
from finder.integrate.autostart import launch_agents, run_key, systemd_service, xdg_app
from finder.integrate.dolphin import dolphin
from finder.integrate.explorer import explorer
from finder.integrate.finder_app import finder_app
from finder.integrate.folders import UserFolders
from finder.integrate.launcher import launcher
from finder.integrate.nautilus import caja, nautilus
from finder.integrate.nemo import nemo
from finder.integrate.registry import Registry, UserRegistry
from finder.integrate.target import Target
from finder.integrate.thunar import Thunar


def all_targets() -> list[Target]:
    """Those of this system, for this user."""
    folders = UserFolders.of(os.environ)
    if sys.platform == "win32":
        return windows_targets(folders, UserRegistry())
    return macos_targets(folders) if sys.platform == "darwin" else linux_targets(folders)


def linux_targets(folders: UserFolders) -> list[Target]:
    return [
        *(nautilus(folders), dolphin(folders), nemo(folders), Thunar(folders), caja(folders)),
        *(launcher(folders), systemd_service(folders), xdg_app(folders)),
    ]


def windows_targets(folders: UserFolders, registry: Registry) -> list[Target]:
    return [explorer(folders, registry), run_key(registry)]


def macos_targets(folders: UserFolders) -> list[Target]:
    return [finder_app(folders), *launch_agents(folders)]


def named(targets: Sequence[Target], names: Sequence[str]) -> list[Target]:
    """
    Raises:
        UsageFaultError: a name that no target has.
    """
    known = {target.name: target for target in targets}
    for name in names:
        if name not in known:
            raise UsageFaultError(
                "There is nothing of that name to add to", name[:40], f"There are: {', '.join(known)}"
            )
    return [known[name] for name in dict.fromkeys(names)]


def unasked(targets: Sequence[Target]) -> list[Target]:
    """What `install` adds where no name is given: to what is here, and nothing that would start by itself."""
    return [target for target in targets if target.kind != "autostart" and target.is_there()]
