"""The keeper's own connection to the control socket: who is connected, and whether somebody asked for the end."""
from collections.abc import Callable
from typing import Any

from . import control, report
from .errors import OperatorError

_PATIENCE = 5.0  # seconds; the server answers at once, and signals wait meanwhile


class Watch:
    """After open(), `descriptor` is readable when poll() has something to do. `quit`: somebody asked for the end.

    `note_clients` is told how many are connected: at open(), and then whenever somebody has come or gone.
    """

    def __init__(self, note_clients: Callable[[int], None]) -> None:
        self._note_clients = note_clients
        self._connection: control.Control | None = None
        self._path = ""
        self.quit = False

    @property
    def descriptor(self) -> int | None:
        return self._connection.fileno() if self._connection else None

    def open(self, path: str) -> None:
        """Raises OperatorError."""
        self._path = path
        self._connection = control.connect(path, _PATIENCE)
        self._connection.request("subscribe", _PATIENCE, events=["clients", "quit"])
        # Not by "status", for which X would have to give its whole picture.
        self._note_clients(len(self._connection.request("clients", _PATIENCE)["clients"]))
        self._take(self._connection.read_events())  # that came before the answer: `descriptor` tells of no such

    def poll(self) -> None:
        try:
            events = self._connection.read_events()
        except OperatorError:
            self._open_again()
            return
        self._take(events)

    def _take(self, events: list[dict[str, Any]]) -> None:
        for event in events:
            if event.get("event") == "clients":
                self._note_clients(event["clients"])
            elif event.get("event") == "quit":
                self.quit = True

    def _open_again(self) -> None:
        """Normally the server has ended, which its parent gets to know in another way."""
        self.close()
        try:
            self.open(self._path)
        except OperatorError as error:
            self.close()
            if not isinstance(error, control.Gone):
                report.warning(str(error))

    def close(self) -> None:
        if self._connection:
            self._connection.close()
            self._connection = None
