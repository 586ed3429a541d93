"""A fact about an erased person is a drop like every other: one word in intake and fold, named to the reader."""

import json

import pytest

from chalicelib.collect.delivery import DropReason
from chalicelib.profile import suppression
from tests.guards.sources import ROOT


def test_the_fold_counts_under_the_word_that_the_dashboard_knows():
    assert DropReason.ERASED == suppression.DROPPED


@pytest.mark.parametrize("language", ["en", "zh-CN"])
def test_the_dashboard_names_it(language):
    words = json.loads((ROOT / "dashboard" / "i18n" / f"{language}.json").read_text())
    assert words[f"drop_{DropReason.ERASED}"]
