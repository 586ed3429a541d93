"""An operator sees why sending stopped and which sends got no answer, and lets it go on."""

import json

from click.testing import CliRunner

from chalicelib import clock
from chalicelib.aws.table import message_key, unknown_attributes
from chalicelib.deliver import store
from cli.main import dripline

NOW = clock.parse("2026-11-23T08:00:00Z")


def _ask(*arguments):
    answer = CliRunner().invoke(dripline, ["sending", "--json", *arguments])
    assert answer.exit_code == 0, answer.output
    return json.loads(answer.output)


def test_a_pause_and_an_unanswered_send_are_shown_and_the_pause_ends(cloud):
    assert _ask() == {"paused": None, "unknown": []}
    store.pause(cloud, "SES: SendingPausedException", NOW)
    lost = {"status": "unknown", "definition": "flow:welcome", **unknown_attributes(NOW)}
    cloud.agenda.put(message_key("somebody", "a-message"), lost)
    shown = _ask()
    assert shown["paused"] == {"reason": "SES: SendingPausedException", "since": "2026-11-23T08:00:00.000Z"}
    assert [(each["message"], each["definition"]) for each in shown["unknown"]] == [("a-message", "flow:welcome")]
    assert _ask("--resume")["paused"] is None
    assert store.read_pause(cloud) is None
