"""Every key of every table in one place, and the table they are handed to.

What can be asked of a `Table` is in `operations.py`. Refuses keys made
anywhere else: who looks for what lies where finds it here.
"""

import zlib
from datetime import UTC, datetime, timedelta

from chalicelib import clock
from chalicelib.aws.attributes import Item
from chalicelib.aws.operations import Key, Page, Table

__all__ = ["Item", "Key", "Page", "Table"]

DUE_SHARDS = 8
DUE_BUCKET = timedelta(hours=1)
UNKNOWN_BUCKET = "unknown"


# events: the log. pk = identity key of the strongest identifier, sk = idempotency key.
def event_key(partition: str, event_id: str) -> Key:
    return Key(partition, event_id)


# profiles: one item a customer, one of insights, one an alias, one a consent record.
def profile_key(profile_id: str) -> Key:
    return Key(profile_id, "profile")


def insights_key(profile_id: str) -> Key:
    """What the segment room computed of a customer; sorts before the profile, so one query reads both."""
    return Key(profile_id, "insights")


def alias_key(identity: str) -> Key:
    return Key(identity, "alias")


def consent_key(profile_id: str, event_id: str) -> Key:
    return Key(profile_id, f"consent#{event_id}")


# agenda: everything that waits, and what became of it, under the customer it is for.
def run_key(profile_id: str, flow: str, occurrence: str) -> Key:
    return Key(profile_id, f"run#{flow}#{occurrence}")


def message_key(profile_id: str, message_id: str) -> Key:
    return Key(profile_id, f"message#{message_id}")


def cadence_key(profile_id: str, channel: str) -> Key:
    return Key(profile_id, f"cadence#{channel}")


def entry_key(profile_id: str, flow: str) -> Key:
    """When a customer last began a flow that may begin again only after a while."""
    return Key(profile_id, f"entered#{flow}")


def due_bucket(due_at: datetime, shard: int) -> str:
    """Partition of the agenda's `due` index: one hour of one shard; each sweep of an idle hour reads it once."""
    hour = due_at.astimezone(UTC).replace(minute=0, second=0, microsecond=0)
    return f"{clock.to_text(hour)[:16]}#{shard}"


def due_attributes(profile_id: str, due_at: datetime) -> Item:
    """The two attributes that put an agenda item on the `due` index; remove both to take it off."""
    shard = sum(profile_id.encode()) % DUE_SHARDS
    return {"due_bucket": due_bucket(due_at, shard), "due_at": clock.to_text(due_at)}


def unknown_attributes(since: datetime) -> Item:
    """Puts a message whose send got no answer in a partition of the `due` index that no sweep reads, to be listed."""
    return {"due_bucket": UNKNOWN_BUCKET, "due_at": clock.to_text(since)}


def guard_key(form: str, caller: str) -> Key:
    """How often one caller used a public form of late; gone within hours by its `expires_at`."""
    return Key(f"guard#{form}#{caller}", "times")


def delivery_key(source: str, delivery: str) -> Key:
    """Which body came under a sender's delivery id; gone after `expires_at`."""
    return Key(f"delivery#{source}#{delivery}", "body")


# catalog: slow-moving reference and the state of jobs.
def campaign_key(campaign: str) -> Key:
    return Key(f"campaign#{campaign}", "state")


def campaign_page_key(campaign: str, segment: int, after: str) -> Key:
    """What one page of a campaign's audience came to; written again as the same when the page is."""
    return Key(f"campaign#{campaign}", f"page#{segment:03d}#{after}")


def sweep_key() -> Key:
    return Key("sweep", "cursor")


def sending_key() -> Key:
    """Present while sending is paused: `reason` and `since`."""
    return Key("sending", "pause")


def insight_run_key() -> Key:
    """The newest computation of insights: `run`, `of` (slices), `status`."""
    return Key("insights", "run")


def insight_mark_key(run: str, mark: str) -> Key:
    """A part of that computation that is done, such as `gathered#03` and `applied#…`; removed with the run."""
    return Key(f"insights#{run}", mark)


def drops_key(day: str) -> Key:
    return Key("drops", day)


def shared_opens_key(definition: str, day: str, shard: int) -> Key:
    """Opens of a pixel that all recipients share, on one UTC day; `definition` as `ids.definition_key` names it."""
    return Key(f"opens#{definition}", f"{day}#{shard}")


# privacy: what keeps an erased person from coming back (profiles table), requests and their work (catalog table).
def suppression_key(mark: str) -> Key:
    """`mark` is a salted hash of an identity key; nothing else is kept of who it was."""
    return Key(f"suppressed#{mark}", "suppression")


def suppression_group_key(erasure: str, mark: str) -> Key:
    """The hashes that one erasure left."""
    return Key(f"erased#{erasure}", mark)


def returning_key(mark: str) -> Key:
    """An erased person who signed up again and has not confirmed it yet."""
    return Key("returning", mark)


def salt_key() -> Key:
    """The salt of those hashes; absent until somebody was erased."""
    return Key("suppression", "salt")


def privacy_request_key(request: str) -> Key:
    """A request of a storefront's privacy webhooks: topic, shop, customer_id, email, phone, orders, status."""
    return Key("privacy-requests", request)


def erasure_key(erasure: str) -> Key:
    """An erasure at work, with whom it is about; gone when it is done."""
    return Key("erasures", erasure)


def proof_key(proof: str) -> Key:
    """What was searched and removed, when; names nobody."""
    return Key("erasure-proofs", proof)


PRODUCT_SHARDS = 16


def product_key(product_id: str) -> Key:
    """A product lies in the shard of its id, so that one is a get and all of them are sixteen queries."""
    return Key(product_shard(zlib.crc32(product_id.encode()) % PRODUCT_SHARDS), product_id)


def product_shard(number: int) -> str:
    return f"product#{number:02d}"


def related_key(product_id: str) -> Key:
    """What goes with a product and what is like it, in a shard as the product itself."""
    return Key(related_shard(zlib.crc32(product_id.encode()) % PRODUCT_SHARDS), product_id)


def related_shard(number: int) -> str:
    return f"related#{number:02d}"


def piece_key(piece: str) -> Key:
    """Which product a piece of stock (a variant's inventory item) belongs to, and news of it from before that."""
    return Key(f"piece#{piece}", "product")
