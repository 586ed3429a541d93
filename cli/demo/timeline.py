"""What simulated people will do and when: a queue of actions by time, played under the simulated clock.

Actions of one quarter of an hour run before the streams and queues are pumped
once, as records gather on AWS too; a schedule that falls due in between runs at
its own time. Ties are played in the order they were planned, so that the same
seed gives the same story.
"""

import heapq
from collections.abc import Callable
from datetime import datetime, timedelta

from cli.local.cloud import LocalCloud

Action = Callable[[datetime], None]
TICK = timedelta(minutes=15)


class Timeline:
    def __init__(self, cloud: LocalCloud, after_pump: Callable[[], None]) -> None:
        self._cloud = cloud
        self._after_pump = after_pump
        self._waiting: list[tuple[datetime, int, Action]] = []
        self._planned = 0

    def at(self, instant: datetime, action: Action) -> None:
        """Do it then; what should have been done already is done next."""
        self._planned += 1
        heapq.heappush(self._waiting, (instant, self._planned, action))

    def play(self, until: datetime, on_time: Callable[[datetime], None]) -> None:
        """Live until `until`; `on_time` hears how far it got."""
        while self._cloud.now() < until:
            end = min(self._cloud.now() + TICK, until)
            if self._waiting and self._waiting[0][0] > end:
                end = min(self._waiting[0][0], until)
            due = self._cloud.next_moment()
            if due < end:
                end = max(due, self._cloud.now())
            while self._waiting and self._waiting[0][0] <= end:
                instant, _, action = heapq.heappop(self._waiting)
                self._cloud.clock.move_to(instant)
                action(self._cloud.now())
            self._cloud.advance(end)
            self._after_pump()
            on_time(end)
