"""xspicectl: one table of commands (table.py), what they do (the other modules), and how their words are read."""
