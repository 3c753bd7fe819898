"""A desktop's side of a StatusNotifierItem: waits for one, prints what it is and its menu, and clicks on it.

For the system's own Python, which has the introspected libraries: `python3 watcher.py`.
"""

from __future__ import annotations

from typing import Any

import gi

gi.require_version("Gio", "2.0")
from gi.repository import Gio, GLib  # noqa: E402

_NAME, _PATH = "org.kde.StatusNotifierWatcher", "/StatusNotifierWatcher"
_ITEM = "org.kde.StatusNotifierItem"
_INTERFACE = f"""
<node><interface name="{_NAME}">
  <method name="RegisterStatusNotifierItem"><arg type="s" direction="in"/></method>
  <method name="RegisterStatusNotifierHost"><arg type="s" direction="in"/></method>
  <property name="RegisteredStatusNotifierItems" type="as" access="read"/>
  <property name="IsStatusNotifierHostRegistered" type="b" access="read"/>
  <property name="ProtocolVersion" type="i" access="read"/>
</interface></node>"""
_PROPERTIES = {
    "RegisteredStatusNotifierItems": GLib.Variant("as", []),
    "IsStatusNotifierHostRegistered": GLib.Variant("b", True),
    "ProtocolVersion": GLib.Variant("i", 0),
}


def main() -> None:
    loop = GLib.MainLoop()
    bus = Gio.bus_get_sync(Gio.BusType.SESSION, None)

    def take(_bus: Any, sender: str, _path: str, _interface: str, method: str, _values: Any, call: Any) -> None:
        call.return_value(None)
        if method == "RegisterStatusNotifierItem":
            GLib.timeout_add(200, lambda: look_at(bus, sender, loop))

    def tell(_bus: Any, _sender: str, _path: str, _interface: str, name: str) -> Any:
        return _PROPERTIES[name]

    (interface,) = Gio.DBusNodeInfo.new_for_xml(_INTERFACE).interfaces
    bus.register_object(_PATH, interface, take, tell, None)
    Gio.bus_own_name_on_connection(bus, _NAME, Gio.BusNameOwnerFlags.NONE, lambda *_: print("ready", flush=True), None)
    loop.run()


def look_at(bus: Any, item: str, loop: Any) -> bool:
    def call(path: str, interface: str, method: str, values: Any) -> Any:
        return bus.call_sync(item, path, interface, method, values, None, Gio.DBusCallFlags.NONE, 60_000, None)

    def value_of(name: str) -> Any:
        values = GLib.Variant("(ss)", (_ITEM, name))
        return call("/StatusNotifierItem", "org.freedesktop.DBus.Properties", "Get", values).unpack()[0]

    print("tooltip", value_of("ToolTip")[2].replace("\n", " "), flush=True)
    layout = GLib.Variant("(iias)", (0, -1, ["label"]))
    (_, (_, _, entries)) = call(value_of("Menu"), "com.canonical.dbusmenu", "GetLayout", layout).unpack()
    for _, properties, _ in entries:
        print("entry", properties.get("label", "-"), flush=True)
    call("/StatusNotifierItem", _ITEM, "Activate", GLib.Variant("(ii)", (0, 0)))
    loop.quit()
    return False


if __name__ == "__main__":
    main()
