"""Every customer of a small demo, made anew from the facts alone, is the customer that grew fact by fact."""

from chalicelib.profile import replay, store
from cli.demo.run import Wish, run


def test_a_rebuild_of_every_demo_customer_changes_nothing():
    with run(Wish(customers=12, days=8, seed=3)) as demo:
        services = demo.cloud.services
        ids, after = [], None
        while True:
            customers, after = store.scan(services, after=after)
            ids += [customer.profile_id for customer in customers]
            if after is None:
                break
        unlike = []
        for profile_id in ids:
            grown, anew = store.read(services, profile_id), store.read(services, profile_id)
            assert replay.refill(services, anew, demo.cloud.now())
            if anew.facets != grown.facets:
                unlike.append(
                    {name for name in anew.facets | grown.facets if anew.facets.get(name) != grown.facets.get(name)}
                )
    assert len(ids) > 10
    assert unlike == []
