"""Where a file comes from: when it was made, whose ids it has, and how its dates and amounts are written. Pure."""

from dataclasses import dataclass
from datetime import datetime

from chalicelib.money import Money
from cli.imports import cells

SOURCE = "import"
"""The source of every fact that a file told."""


@dataclass(frozen=True)
class Origin:
    """`told_at` is when the file was made, which is when its rows were so; None is `now`.

    `zone` is that of dates without an offset, `decimal` the mark before the cents, `dates` one of `cells.DATES` or ''.
    """

    now: datetime
    told_at: datetime | None = None
    zone: str = ""
    platform: str = ""
    decimal: str = "."
    dates: str = ""

    @property
    def at(self) -> datetime:
        """When what the file says was so, never in the future."""
        return min(self.told_at or self.now, self.now)

    def name(self, cell: str) -> str:
        """An id as the platform's webhooks name it, `shopify:123`; '' for none. Raises BadInput."""
        found = cells.identifier(cell)
        return f"{self.platform}:{found}" if self.platform and found else found

    def instant(self, cell: str) -> datetime | None:
        return cells.instant(cells.as_iso(cell, self.dates), self.zone, self.now)

    def is_day(self, cell: str) -> bool:
        """Whether a date says no time of day."""
        return cells.is_day(cells.as_iso(cell, self.dates))

    def birthday(self, cell: str) -> str:
        return cells.birthday(cells.as_iso(cell, self.dates))

    def amount(self, cell: str, currency: str) -> Money:
        return cells.amount(cell, currency, self.decimal)

    def quantity(self, cell: str) -> int:
        return cells.quantity(cell, self.decimal)
