"""What a desktop does around the window, on the session bus and the X display: it shows tray icons (StatusNotifierWatcher), reads and
clicks their menus (com.canonical.dbusmenu), keeps notifications, and closes, moves and looks at windows. One command a line on standard
input, one JSON line back.

  watch on|off      show tray icons, or stop
  menu              rows of the icon's menu, submenus as [text, [rows]]
  click TEXT        clicks the row with this text, also within submenus
  close             asks the window to close, as its title bar would
  window            {mapped, x, y, width, height} of the window, or null
  move X Y W H      puts it there
"""
import ctypes
import json
import sys
import threading

import gi

gi.require_version("Gio", "2.0")
from gi.repository import Gio, GLib  # noqa: E402

WATCHER = "org.kde.StatusNotifierWatcher"
XML = f"""<node><interface name="{WATCHER}">
<method name="RegisterStatusNotifierItem"><arg type="s" direction="in"/></method>
<method name="RegisterStatusNotifierHost"><arg type="s" direction="in"/></method>
<property name="RegisteredStatusNotifierItems" type="as" access="read"/>
<property name="IsStatusNotifierHostRegistered" type="b" access="read"/>
<property name="ProtocolVersion" type="i" access="read"/>
</interface></node>"""
items = []
owner = None


def called(_connection, sender, _path, _interface, _method, parameters, invocation):
    (name,) = parameters.unpack()
    # Either a bus name or, from indicators, the path of the object at the sender.
    items[:] = [(sender, name if name.startswith("/") else "/StatusNotifierItem")]
    invocation.return_value(None)


def asked(_connection, _sender, _path, _interface, name):
    return {
        "RegisteredStatusNotifierItems": GLib.Variant("as", [s + p for s, p in items]),
        "IsStatusNotifierHostRegistered": GLib.Variant("b", True),
        "ProtocolVersion": GLib.Variant("i", 0),
    }[name]


def call(sender, path, interface, method, arguments, answer):
    return bus.call_sync(sender, path, interface, method, arguments, GLib.VariantType(answer), 0, 5000, None).unpack()


def layout():
    sender, path = items[0]
    menu = call(sender, path, "org.freedesktop.DBus.Properties", "Get", GLib.Variant("(ss)", ("org.kde.StatusNotifierItem", "Menu")), "(v)")[0]
    call(sender, menu, "com.canonical.dbusmenu", "AboutToShow", GLib.Variant("(i)", (0,)), "(b)")
    arguments = GLib.Variant("(iias)", (0, -1, []))
    return menu, call(sender, menu, "com.canonical.dbusmenu", "GetLayout", arguments, "(u(ia{sv}av))")[1]


def text(row):
    label = row[1].get("label", "-" if row[1].get("type") == "separator" else "")
    return label if row[1].get("enabled", True) else f"[{label}]"


def rows(row):
    return [[text(child), rows(child)] if child[2] else text(child) for child in row[2]]


def find(row, wanted):
    if text(row) == wanted and not row[2]:
        return row[0]
    return next((found for child in row[2] if (found := find(child, wanted)) is not None), None)


# The X display, by hand: without a window manager nobody else closes or places windows.
x = ctypes.CDLL("libX11.so.6")
x.XOpenDisplay.restype = ctypes.c_void_p
x.XDefaultRootWindow.restype = ctypes.c_ulong
x.XInternAtom.restype = ctypes.c_ulong
P, W, I = ctypes.c_void_p, ctypes.c_ulong, ctypes.c_int
x.XDefaultRootWindow.argtypes = [P]
x.XInternAtom.argtypes = [P, ctypes.c_char_p, I]
x.XQueryTree.argtypes = [P, W] + [P] * 4
x.XFetchName.argtypes = [P, W, P]
x.XMoveResizeWindow.argtypes = [P, W, I, I, ctypes.c_uint, ctypes.c_uint]
x.XGetWindowAttributes.argtypes = [P, W, P]
x.XSendEvent.argtypes = [P, W, I, ctypes.c_long, P]
x.XSync.argtypes = [P, I]
display = x.XOpenDisplay(None)


class ClientMessage(ctypes.Structure):
    _fields_ = [("type", I), ("serial", W), ("send_event", I), ("display", P), ("window", W), ("message", W), ("format", I), ("data", ctypes.c_long * 5), ("room", ctypes.c_long * 12)]


class Attributes(ctypes.Structure):
    _fields_ = [("x", I), ("y", I), ("width", I), ("height", I), ("border", I), ("depth", I), ("visual", P), ("root", W), ("class_", I), ("bit_gravity", I), ("win_gravity", I), ("backing", I),
                ("planes", W), ("pixel", W), ("under", I), ("colormap", W), ("installed", I), ("map_state", I), ("room", ctypes.c_long * 16)]


def attributes(window):
    a = Attributes()
    x.XGetWindowAttributes(display, window, ctypes.byref(a))
    return a


def find_window():
    """The largest top-level window that has our name."""
    root, parent, children, count = W(), W(), ctypes.POINTER(W)(), ctypes.c_uint()
    x.XQueryTree(display, x.XDefaultRootWindow(display), *[ctypes.byref(v) for v in (root, parent, children, count)])
    best = None
    for n in range(count.value):
        name = ctypes.c_char_p()
        if x.XFetchName(display, children[n], ctypes.byref(name)) and name.value == b"Aurelius":
            a = attributes(children[n])
            if best is None or a.width * a.height > best[1].width * best[1].height:
                best = (children[n], a)
    return best


def close(window):
    event = ClientMessage(type=33, window=window, message=x.XInternAtom(display, b"WM_PROTOCOLS", 0), format=32)
    event.data[0] = x.XInternAtom(display, b"WM_DELETE_WINDOW", 0)
    x.XSendEvent(display, window, 0, 0, ctypes.byref(event))
    x.XSync(display, 0)


def run(line):
    global owner
    verb, _, rest = line.strip().partition(" ")
    if verb == "watch":
        if rest == "on" and owner is None:
            owner = Gio.bus_own_name_on_connection(bus, WATCHER, Gio.BusNameOwnerFlags.NONE, None, None)
        elif rest == "off" and owner is not None:
            Gio.bus_unown_name(owner)
            owner = None
        return True
    if verb == "menu":
        return rows(layout()[1]) if items else None
    if verb == "click":
        menu, root = layout()
        row = find(root, rest)
        if row is not None:
            call(items[0][0], menu, "com.canonical.dbusmenu", "Event", GLib.Variant("(isvu)", (row, "clicked", GLib.Variant("i", 0), 0)), "()")
        return row is not None
    found = find_window()
    if found is None:
        return None
    if verb == "close":
        close(found[0])
        return True
    if verb == "move":
        x.XMoveResizeWindow(display, found[0], *[int(n) for n in rest.split()])
        x.XSync(display, 0)
        return True
    if verb == "window":
        a = found[1]
        return {"mapped": a.map_state == 2, "x": a.x, "y": a.y, "width": a.width, "height": a.height}
    raise ValueError(verb)


def answer(line):
    try:
        print(json.dumps({"ok": run(line)}), flush=True)
    except Exception as error:  # The script that asked decides what it means.
        print(json.dumps({"error": str(error)}), flush=True)
    return False


def read():
    for line in sys.stdin:
        GLib.idle_add(answer, line)
    GLib.idle_add(loop.quit)


loop = GLib.MainLoop()
bus = Gio.bus_get_sync(Gio.BusType.SESSION)
bus.register_object("/StatusNotifierWatcher", Gio.DBusNodeInfo.new_for_xml(XML).interfaces[0], called, asked, None)
threading.Thread(target=read, daemon=True).start()
loop.run()
