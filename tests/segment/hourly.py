"""The hourly run over the real tables, as tests of it live through it: facts told, slices computed, changes folded."""

import json

from chalicelib.profile import jobs as profile_jobs
from chalicelib.profile import log, store
from chalicelib.segment import jobs


def tell(services, cls, at, email="ann@mail.example", **values):
    common = {"occurred_at": at, "received_at": at, "source": "shop", "who": {"email": email}}
    fact = cls(id=f"{cls.__name__}-{email}-{at}", **common, **values)
    return profile_jobs.fold_now(services, [fact], at)[0]


def take(queue):
    messages = queue.receive()
    for message in messages:
        queue.delete(message)
    return [json.loads(message.body) for message in messages]


def changes_of(services, profile_id):
    """(entered or left, segment) in the order of the log's times."""
    facts = [fact for fact in log.read(services, profile_id) if fact.name.startswith("Segment ")]
    return [(fact.name, fact.segment) for fact in sorted(facts, key=lambda fact: (fact.order_key[0], fact.segment))]


def compute(services, now, *, fold=True):
    """One hourly run with its slices, and what the stream then does."""
    jobs.start(services, now)
    for body in take(services.queue("segment_slices")):
        jobs.compute_slice(services, body, now)
    if fold:
        fold_changes(services, now)


def fold_changes(services, now):
    customers, _ = store.scan(services)
    for customer in customers:
        facts = [fact for fact in log.read(services, customer.profile_id) if fact.name.startswith("Segment ")]
        profile_jobs.fold_now(services, facts, now)
