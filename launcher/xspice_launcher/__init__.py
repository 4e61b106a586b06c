"""The launcher of xspice: starts an Xorg with our module, and a session in it, and leaves nothing behind.

Two processes, so that the death of either one is noticed by the other:

    front (front.py)    the process that was started; forwards signals, reports readiness to systemd, and
                        cleans up should the keeper be killed
    keeper (keeper.py)  its child; parent of Xorg and of the session; does everything else

Importing any module of this package does nothing but define.
"""

__version__ = "0.1.0"
