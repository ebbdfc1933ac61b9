"""What a screen reader is told: the accessible tree of a program, over AT-SPI, as JSON lines.

    python3 atspi.py PROGRAM [LIMIT]      one object per accessible: depth, role, name, description, states, text
    python3 atspi.py PROGRAM --focus      the focused one only
    python3 atspi.py PROGRAM --windows    its windows: the page's own tree is not walked
    python3 atspi.py PROGRAM --press NAME presses the first button of that name outside the page
"""
import json
import sys
import time

import gi

gi.require_version("Atspi", "2.0")
from gi.repository import Atspi  # noqa: E402

STATES = ["FOCUSED", "FOCUSABLE", "SHOWING", "EDITABLE", "SELECTED", "CHECKED", "EXPANDED", "MODAL", "ENABLED"]


def program(name, patience=20):
    """The application object; it appears a moment after the window."""
    end = time.monotonic() + patience
    while time.monotonic() < end:
        desktop = Atspi.get_desktop(0)
        for i in range(desktop.get_child_count()):
            app = desktop.get_child_at_index(i)
            if app is not None and (app.get_name() or "").lower().startswith(name.lower()):
                return app
        time.sleep(0.2)
    raise SystemExit(f"no accessible application {name}")


def describe(node, depth):
    states = node.get_state_set()
    out = {
        "depth": depth,
        "role": node.get_role_name(),
        "name": node.get_name() or "",
        "description": node.get_description() or "",
        "states": [s.lower() for s in STATES if states.contains(getattr(Atspi.StateType, s))],
    }
    attributes = node.get_attributes() or {}
    out["live"] = attributes.get("live", "")
    text = node.get_text_iface()
    out["text"] = Atspi.Text.get_text(text, 0, min(Atspi.Text.get_character_count(text), 300)) if text is not None else ""
    return out


def outside(node, limit=400):
    """Breadth first, without what the web view shows."""
    waiting = [node]
    while waiting and limit > 0:
        limit -= 1
        at = waiting.pop(0)
        yield at
        if at.get_role_name() in ("document web", "document frame"):
            continue
        waiting += [child for i in range(min(at.get_child_count(), 60)) if (child := at.get_child_at_index(i)) is not None]


def press(app, name):
    for node in outside(app):
        if node.get_role_name() in ("push button", "button") and (node.get_name() or "") == name:
            # It may be gone once it was pressed.
            print(json.dumps(describe(node, 0)))
            Atspi.Action.do_action(node, 0)
            return
    raise SystemExit(f"no button {name}")


def walk(node, limit, depth=0, counter=None):
    counter = counter if counter is not None else [0]
    if counter[0] >= limit:
        return
    counter[0] += 1
    try:
        yield node, describe(node, depth)
        for i in range(min(node.get_child_count(), 400)):
            child = node.get_child_at_index(i)
            if child is not None:
                yield from walk(child, limit, depth + 1, counter)
    except gi.repository.GLib.Error:
        # It left the page while it was looked at.
        return


def main():
    app = program(sys.argv[1])
    if "--press" in sys.argv:
        return press(app, sys.argv[sys.argv.index("--press") + 1])
    if "--windows" in sys.argv:
        for i in range(app.get_child_count()):
            print(json.dumps(describe(app.get_child_at_index(i), 1)))
        return None
    focus_only = "--focus" in sys.argv
    limit = next((int(a) for a in sys.argv[2:] if a.isdigit()), 4000)
    for _, seen in walk(app, limit):
        if not focus_only or "focused" in seen["states"]:
            print(json.dumps(seen))
    return None


main()
