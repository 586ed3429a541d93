"""Everything in the log."""

import json

from chalicelib import events


def facts_of(cloud):
    """(partition, id) → fact."""
    found, after = {}, None
    while True:
        page = cloud.events.scan(after=after)
        for item in page.items:
            fact = events.parse(json.loads(item["body"]))
            found[(fact.partition, fact.id)] = fact
        after = page.next_key
        if after is None:
            return found
