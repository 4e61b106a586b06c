"""What the tests that drive real programs share.

    processes   starting and ending processes by pid, display and port slots, proof that nothing is left
    xserver     the X servers under test: `xspice` by its launcher, Xorg with our module directly, Xvfb
    xdisplay    one connection to an X server by ctypes: pictures, cursor images, round trips, events
    spice_client  a real spice-gtk client in a process of its own (spice_client_main is that process)
    relay       a TCP relay that takes capabilities out of the link messages between client and server
    wire        the SPICE protocol by hand, for what a well-behaved client library never sends
    prober      a process that measures X round trips all along
    procinfo    descriptors, threads, memory, CPU time and wake-ups of a process
    pixels      comparing pictures and saving them when they differ

Python 3.9 or newer with numpy, GObject introspection of spice-gtk, and the X libraries at run time. Nothing here
imports pytest, so that programs such as tests/clients/measure.py can use it as well.
"""
