"""When a display ends although nothing in it has: times, and clients that have left."""
from .settings import Settings

_UNITS = ((86400, "d"), (3600, "h"), (60, "m"), (1, "s"))


class Limits:
    """Times are those of a clock of the caller's, in seconds. The display begins, with no client, at `now`."""

    def __init__(self, settings: Settings, now: float) -> None:
        self._settings = settings
        self.clients = 0
        self._had_clients = False
        self._began = self._alone_since = now

    def note_clients(self, count: int, now: float) -> None:
        """How many are connected now."""
        if self.clients and not count:
            self._alone_since = now
        self.clients = count
        self._had_clients = self._had_clients or count > 0

    def left(self, now: float) -> float | None:
        """So long until a time is up, if nobody comes or goes; None: for ever."""
        ends = [at for at, _ in self._times()]
        return max(0.0, min(ends) - now) if ends else None

    def why_end(self, now: float) -> str | None:
        """What says that the display is to end now, and its option."""
        if self._settings.exit_on_disconnect and self._had_clients and not self.clients:
            return "the last client has left (--exit-on-disconnect)"
        return next((why for at, why in self._times() if now >= at), None)

    def _times(self) -> list[tuple[float, str]]:
        most, idle = self._settings.max_time, self._settings.idle_timeout
        times = []
        if most:
            times.append((self._began + most, f"it has run for {written(most)} (--max-time)"))
        if idle and not self.clients:
            times.append((self._alone_since + idle, f"nobody has been connected for {written(idle)} (--idle-timeout)"))
        return times


def written(seconds: int) -> str:
    """In the largest unit that needs no fraction: 10m."""
    size, unit = next((size, unit) for size, unit in _UNITS if seconds % size == 0)
    return f"{seconds // size}{unit}"
