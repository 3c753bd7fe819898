"""What starts with the session: the service, which keeps the index up to date, and the app, for its key and tray.

Nothing of it is switched on unasked. The service starts with any search anyway, so that its unit is not activated by a
socket: it has to watch before somebody asks, and two listeners on one path would be one too many.
"""

from __future__ import annotations

import re

from finder.integrate import quoting
from finder.integrate.folders import UserFolders
from finder.integrate.launcher import APP_ID
from finder.integrate.owned import OwnFile, OwnFiles
from finder.integrate.program import Program
from finder.integrate.registry import Registry, RegistryTarget, Value
from finder.integrate.templates import filled

SERVICE, APP = "autostart-service", "autostart-app"
_SERVICE_TITLE = "The service, with the session"
_APP_TITLE = "The app, with the session: quick search and tray"
_NEXT_LOGIN = "At the next login."
_SWITCHED_OFF = re.compile(r"^(Hidden=true|X-GNOME-Autostart-enabled=false)\s*$", re.MULTILINE)
"""What the settings of desktops write into an entry."""
_UNIT = "inkling.service"
_RUN_KEY = r"Software\Microsoft\Windows\CurrentVersion\Run"
_AGENT = "io.github.inkling"


def systemd_service(folders: UserFolders) -> OwnFiles:
    """A unit of the user's systemd, enabled as `systemctl --user enable` would. Source: systemd.unit(5)."""
    units = folders.config / "systemd" / "user"
    unit, link = units / _UNIT, units / "default.target.wants" / _UNIT

    def made(program: Program) -> list[OwnFile]:
        command = quoting.systemd(program.command("service", "run"))
        text = filled("inkling.service.in", program, COMMAND=command, PROGRAM=program.path.replace("%", "%%"))
        return [OwnFile(unit, text), OwnFile(link, text, link=f"../{_UNIT}")]

    return OwnFiles(
        *(SERVICE, _SERVICE_TITLE, "autostart", folders, [link, unit], made, "systemctl", _NEXT_LOGIN),
        is_switched_off=lambda texts: link not in texts,  # systemctl --user disable
    )


def xdg_app(folders: UserFolders) -> OwnFiles:
    """A desktop entry. Source: Desktop Application Autostart Specification 0.5."""
    entry = folders.config / "autostart" / f"{APP_ID}.desktop"

    def made(program: Program) -> list[OwnFile]:
        command, path = quoting.desktop_entry(program.command("--hidden")), quoting.desktop_string(program.path)
        return [OwnFile(entry, filled("autostart.desktop.in", program, COMMAND=command, PROGRAM=path, APP_ID=APP_ID))]

    return OwnFiles(
        *(APP, _APP_TITLE, "autostart", folders, [entry], made, None, _NEXT_LOGIN),
        is_switched_off=lambda texts: _SWITCHED_OFF.search(texts[entry]) is not None,
    )


def launch_agents(folders: UserFolders) -> list[OwnFiles]:
    """Of the service and of the app, for macOS' launchd. Not run on a Mac yet. Source: launchd.plist(5)."""
    return [
        _launch_agent(folders, SERVICE, _SERVICE_TITLE, ("service", "run"), "Background"),
        _launch_agent(folders, APP, _APP_TITLE, ("--hidden",), "Interactive"),
    ]


def _launch_agent(
    folders: UserFolders, name: str, title: str, arguments: tuple[str, ...], process_type: str
) -> OwnFiles:
    label = f"{_AGENT}.{name.removeprefix('autostart-')}"
    path = folders.home / "Library" / "LaunchAgents" / f"{label}.plist"

    def made(program: Program) -> list[OwnFile]:
        strings = quoting.plist_strings(program.command(*arguments))
        return [
            OwnFile(
                path,
                filled("launch_agent.plist.in", program, LABEL=label, ARGUMENTS=strings, PROCESS_TYPE=process_type),
            )
        ]

    return OwnFiles(name, title, "autostart", folders, [path], made, takes_effect=_NEXT_LOGIN)


def run_key(registry: Registry) -> RegistryTarget:
    """The app, in the list of what starts with the session; it starts the service. Not run on Windows yet."""

    def made(program: Program) -> list[Value]:
        return [Value(_RUN_KEY, "Inkling", quoting.windows(program.command("--hidden")))]

    return RegistryTarget(APP, _APP_TITLE, "autostart", registry, made, takes_effect=_NEXT_LOGIN)
