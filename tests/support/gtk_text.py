"""A GTK text field as large as its window; FILE always has what is in it.

    python3 gtk_text.py FILE
"""

import os
import sys

import gi

gi.require_version("Gtk", "3.0")
from gi.repository import Gtk  # noqa: E402


def main(path):
    view = Gtk.TextView()
    text = view.get_buffer()

    def write(_text=None):
        content = text.get_text(*text.get_bounds(), True)
        with open(path + ".new", "w", encoding="utf-8", newline="") as file:
            file.write(content)
        os.replace(path + ".new", path)

    text.connect("changed", write)
    window = Gtk.Window()
    window.add(view)
    window.set_default_size(400, 300)
    window.connect("map-event", lambda *_: write())
    window.show_all()
    Gtk.main()


main(sys.argv[1])
