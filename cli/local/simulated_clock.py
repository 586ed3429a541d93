"""The clock of the local cloud: stands still until it is moved, or runs on from where it was left.

Refuses to go back: facts, leases and sweeps all rely on time that only grows.
"""

from datetime import UTC, datetime, timedelta
from time import monotonic

from chalicelib import clock


class SimulatedClock:
    """`now()` for the whole process while installed."""

    def __init__(self, start: datetime) -> None:
        self._now = start.astimezone(UTC)
        self._running_since: float | None = None

    def install(self) -> None:
        clock.set_source(self.now)

    def now(self) -> datetime:
        if self._running_since is None:
            return self._now
        return self._now + timedelta(seconds=monotonic() - self._running_since)

    def move_to(self, instant: datetime) -> None:
        """Set the time; an instant already past changes nothing."""
        running = self._running_since is not None
        self._now = max(self.now(), instant.astimezone(UTC))
        self._running_since = monotonic() if running else None

    def run(self) -> None:
        """From now on a second here is a second on the wall."""
        self._running_since = monotonic()
