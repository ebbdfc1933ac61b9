"""A notification server on the session bus: what it is asked to show goes to standard output as JSON lines; `click ID [BUTTON]` on
standard input is a person's click on it or on one of its buttons. `elsewhere` opens a small window and gives it the focus: the person looks at something else.
"""
import json
import sys

import gi

gi.require_version("Gtk", "3.0")
from gi.repository import Gio, GLib, Gtk  # noqa: E402

INTERFACE = """<node><interface name="org.freedesktop.Notifications">
<method name="GetCapabilities"><arg type="as" direction="out"/></method>
<method name="Notify"><arg type="s" direction="in"/><arg type="u" direction="in"/><arg type="s" direction="in"/><arg type="s" direction="in"/>
<arg type="s" direction="in"/><arg type="as" direction="in"/><arg type="a{sv}" direction="in"/><arg type="i" direction="in"/><arg type="u" direction="out"/></method>
<method name="CloseNotification"><arg type="u" direction="in"/></method>
<method name="GetServerInformation"><arg type="s" direction="out"/><arg type="s" direction="out"/><arg type="s" direction="out"/><arg type="s" direction="out"/></method>
<signal name="ActionInvoked"><arg type="u"/><arg type="s"/></signal>
<signal name="NotificationClosed"><arg type="u"/><arg type="u"/></signal>
</interface></node>"""

NAME, PATH = "org.freedesktop.Notifications", "/org/freedesktop/Notifications"
last = 0


def tell(what):
    print(json.dumps(what), flush=True)


def called(connection, _sender, _path, _interface, method, parameters, invocation):
    global last
    if method == "GetCapabilities":
        invocation.return_value(GLib.Variant("(as)", (["actions", "body", "body-markup"],)))
    elif method == "GetServerInformation":
        invocation.return_value(GLib.Variant("(ssss)", ("test", "aurelius", "1", "1.2")))
    elif method == "Notify":
        last += 1
        program, _replaces, _icon, title, body, actions, hints, _timeout = parameters.unpack()
        tell({"id": last, "program": program, "title": title, "body": body, "actions": actions, "hints": sorted(hints)})
        invocation.return_value(GLib.Variant("(u)", (last,)))
    else:
        invocation.return_value(None)


def line(_source, _condition):
    words = sys.stdin.readline().split()
    if not words:
        loop.quit()
        return False
    if words[0] == "elsewhere":
        other.show_all()
        # Without a window manager nobody hands the focus on.
        GLib.timeout_add(300, lambda: other.get_window().focus(Gtk.get_current_event_time()) or tell({"elsewhere": True}))
        return True
    bus.emit_signal(None, PATH, NAME, "ActionInvoked", GLib.Variant("(us)", (int(words[1]), words[2] if len(words) > 2 else "default")))
    bus.emit_signal(None, PATH, NAME, "NotificationClosed", GLib.Variant("(uu)", (int(words[1]), 2)))
    return True


loop = GLib.MainLoop()
other = Gtk.Window(title="Something else")
other.set_default_size(80, 40)
bus = Gio.bus_get_sync(Gio.BusType.SESSION)
bus.register_object(PATH, Gio.DBusNodeInfo.new_for_xml(INTERFACE).interfaces[0], called, None, None)
Gio.bus_own_name_on_connection(bus, NAME, Gio.BusNameOwnerFlags.NONE, lambda *_: tell({"ready": True}), None)
GLib.io_add_watch(sys.stdin, GLib.IO_IN | GLib.IO_HUP, line)
loop.run()
