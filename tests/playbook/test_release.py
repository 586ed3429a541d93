"""Publishing and rolling back, by a clock and with a crash at each write."""

from datetime import UTC, datetime, timedelta

import pytest

from chalicelib.decide import definitions
from chalicelib.errors import BadPlaybook, Unavailable
from chalicelib.playbook import bundle
from cli.publish import release

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
LATER = timedelta(minutes=2)


def priority_of_welcome(cloud, now):
    return bundle.load(cloud.data, now).flows["welcome"]["priority"]


def with_priority(copy, number):
    path = copy.directory / "flows/welcome.yaml"
    head, _, tail = path.read_text(encoding="utf-8").partition("priority: ")
    path.write_text(f"{head}priority: {number}\n{tail.partition(chr(10))[2]}", encoding="utf-8")
    return copy.bundle


def test_a_change_is_published_noticed_within_a_minute_and_rolled_back(cloud, copy):
    first = release.publish(cloud.data, copy.bundle, NOW)
    assert (first.before, first.changed) == ("", True)
    assert priority_of_welcome(cloud, NOW) == 80
    second = release.publish(cloud.data, with_priority(copy, 81), NOW + LATER)
    assert second.before == first.version != second.version
    assert priority_of_welcome(cloud, NOW + LATER) == 81

    assert release.roll_back(cloud.data, NOW + 2 * LATER) == release.Release(first.version, second.version, True)
    assert priority_of_welcome(cloud, NOW + 2 * LATER) == 80
    assert release.roll_back(cloud.data, NOW + 3 * LATER, second.version).changed
    assert priority_of_welcome(cloud, NOW + 3 * LATER) == 81


def test_another_process_sees_a_new_version_after_a_minute_and_not_before(cloud, copy):
    release.publish(cloud.data, copy.bundle, NOW)
    held = bundle.load(cloud.data, NOW)
    pointer = cloud.data.get(bundle.POINTER)
    newer = with_priority(copy, 81)
    release.publish(cloud.data, newer, NOW)
    bundle._held[cloud.data.name] = (NOW, pointer[1], held)  # what that process holds
    assert bundle.load(cloud.data, NOW + timedelta(seconds=59)).version == held.version
    assert bundle.load(cloud.data, NOW + timedelta(seconds=61)).version == newer.version


def test_the_same_content_again_is_no_new_version(cloud, copy):
    release.publish(cloud.data, copy.bundle, NOW)
    pointer = cloud.data.get(bundle.POINTER)
    again = release.publish(cloud.data, copy.bundle, NOW + LATER)
    assert (again.changed, again.version) == (False, copy.bundle.version)
    assert cloud.data.get(bundle.POINTER) == pointer


def test_a_comment_is_no_content_and_a_word_is(copy):
    version = copy.bundle.version
    assert copy.change("flows/welcome.yaml", "id: welcome\n", "# hello\nid: welcome\n").bundle.version == version
    assert copy.change("flows/welcome.yaml", "en: Welcome", "en: Hello").bundle.version != version


def test_what_is_read_is_what_was_compiled_with_its_keys_in_order(cloud, copy):
    compiled = copy.bundle
    release.publish(cloud.data, compiled, NOW)
    read = bundle.load(cloud.data, NOW)
    assert read == compiled
    assert list(read.settings["unsubscribe_reasons"]) == [
        "too_many",
        "not_relevant",
        "prices",
        "never_signed_up",
        "other",
    ]
    assert read.settings["holdout"] == 0.05
    assert read.flows["confirm_subscription"]["holdout"] == 0
    assert read.flows["welcome"]["holdout"] == 0.05
    assert read.segments["high_value"]["who"]["all"] == [
        {"spend_band": {"thresholds": {"mid": 100, "high": 500}, "currency": "USD", "eq": "high"}}
    ]
    last = read.flows["unpaid_order"]["steps"][-1]["branch"]
    assert last[0]["if"]["any"][1] == {"order_total": {"currency": "USD", "gte": 200}}
    assert last[1] == {"else": True, "steps": [{"email": "unpaid_3", "coupon": "save5"}]}


def test_what_passes_the_check_is_understood_where_it_is_read(copy):
    read = definitions.read(copy.bundle)
    assert set(read.flows) == {"confirm_subscription", "preferences_link", "unpaid_order", "welcome"}
    assert set(read.campaigns) == {"campaign:black_friday_2026"}


class CrashingBucket:
    """The bucket, until the n-th write: that one does not happen."""

    def __init__(self, bucket, writes):
        self._bucket = bucket
        self._left = writes
        self.name = bucket.name
        self.get, self.get_json = bucket.get, bucket.get_json

    def put(self, key, body, **options):
        self._count()
        self._bucket.put(key, body, **options)

    def put_json(self, key, value, **options):
        self._count()
        self._bucket.put_json(key, value, **options)

    def _count(self):
        if self._left == 0:
            raise Unavailable("the connection broke")
        self._left -= 1


@pytest.mark.parametrize("writes", [0, 1])
def test_a_crash_before_or_between_the_writes_leaves_the_store_on_what_it_had(cloud, copy, writes):
    release.publish(cloud.data, copy.bundle, NOW)
    changed = with_priority(copy, 81)
    with pytest.raises(Unavailable):
        release.publish(CrashingBucket(cloud.data, writes), changed, NOW + LATER)
    bundle.forget()
    assert priority_of_welcome(cloud, NOW + LATER) == 80
    assert release.publish(cloud.data, changed, NOW + 2 * LATER).changed
    assert priority_of_welcome(cloud, NOW + 2 * LATER) == 81


def test_going_back_again_and_again_ends_at_the_first_version(cloud, copy):
    versions = [release.publish(cloud.data, with_priority(copy, 80 + n), NOW).version for n in range(3)]
    assert release.roll_back(cloud.data, NOW).version == versions[1]
    assert release.roll_back(cloud.data, NOW).version == versions[0]
    with pytest.raises(BadPlaybook, match="is the first version"):
        release.roll_back(cloud.data, NOW)
    assert release.read_pointer(cloud.data)["version"] == versions[0]


def test_nothing_is_rolled_back_to_what_is_not_there(cloud, copy):
    with pytest.raises(BadPlaybook, match="no playbook is published"):
        release.roll_back(cloud.data, NOW)
    done = release.publish(cloud.data, copy.bundle, NOW)
    for version in ("nonsense", "../current", "a" * 16):
        with pytest.raises(BadPlaybook, match="was published here"):
            release.roll_back(cloud.data, NOW, version)
    assert not release.roll_back(cloud.data, NOW, done.version).changed
    assert priority_of_welcome(cloud, NOW) == 80


def test_history_does_not_grow_for_ever(cloud, copy):
    compiled = copy.bundle
    for number in range(release.HISTORY + 3):
        made = bundle.Bundle.from_json(release.content_of(compiled) | {"version": f"v{number}"})
        release.publish(cloud.data, made, NOW)
    assert len(release.read_pointer(cloud.data)["history"]) == release.HISTORY
