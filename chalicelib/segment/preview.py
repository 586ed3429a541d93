"""What a segment would be: how many, who for example, how many of them can be reached, what it shares with others.

Pure: pages of customers in, numbers out. The sample is by a hash of the profile
id, so the same store gives the same sample, however it is read. Refuses names
and addresses: who wants to see them asks for the customer.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from heapq import nsmallest
from typing import TYPE_CHECKING

from chalicelib import ids
from chalicelib.segment.batch import batch_of
from chalicelib.segment.compiled import Segments

if TYPE_CHECKING:
    from chalicelib.profile.customer import Customer

CHANNELS = ("email", "sms")


@dataclass
class Preview:
    """Grows page by page; `overlap` is how many are in another segment too, `others` how large that one is."""

    segment: str
    most: int = 10
    customers: int = 0
    size: int = 0
    sample: list[str] = field(default_factory=list)
    reach: dict[str, int] = field(default_factory=lambda: dict.fromkeys(CHANNELS, 0))
    unreachable: int = 0
    overlap: dict[str, int] = field(default_factory=dict)
    others: dict[str, int] = field(default_factory=dict)

    def add(self, customers: "Sequence[Customer]", segments: Segments, now: datetime) -> None:
        """Take one page of the store in."""
        inside = segments.judge(batch_of(customers, segments.questions, now))
        mine = inside[self.segment]
        self.customers += len(customers)
        self.size += int(mine.sum())
        for other, theirs in inside.items():
            if other != self.segment:
                self.others[other] = self.others.get(other, 0) + int(theirs.sum())
                self.overlap[other] = self.overlap.get(other, 0) + int((mine & theirs).sum())
        found = [customer for customer, held in zip(customers, mine.tolist(), strict=True) if held]
        for customer in found:
            channels = reachable(customer)
            self.unreachable += not channels
            for channel in channels:
                self.reach[channel] += 1
        known = [*self.sample, *(customer.profile_id for customer in found)]
        self.sample = nsmallest(self.most, known, key=lambda each: ids.digest("sample", each))

    def to_json(self) -> dict[str, object]:
        shared: Mapping[str, object] = {
            other: {"both": both, "size": self.others[other]}
            for other, both in sorted(self.overlap.items(), key=lambda each: (-each[1], each[0]))
            if both
        }
        return {
            "segment": self.segment,
            "customers": self.customers,
            "size": self.size,
            "sample": self.sample,
            "reach": self.reach | {"none": self.unreachable},
            "overlap": shared,
        }


def reachable(customer: "Customer") -> list[str]:
    """Channels on which marketing may be sent: an address, consent, and nothing that keeps it from arriving."""
    addresses = {"email": customer.email, "sms": customer.phone}
    return [
        channel
        for channel in CHANNELS
        if addresses[channel]
        and customer.consent_of(channel).state == "subscribed"
        and channel not in customer.suppressed
    ]
