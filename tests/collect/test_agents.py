"""Machines told from people by their User-Agent, over third-party lists."""

import json

import pytest

from chalicelib.collect.agents import classify
from tests.collect.conftest import MATERIAL, needs_material

PEOPLE = [
    "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.5"
    " Mobile/15E148 Safari/604.1",
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko)",
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:109.0) Gecko/20100101 Thunderbird/115.6.0",
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0 Safari/537.36"
    " Edg/131.0.0.0",
    "Mozilla/5.0 (Linux; Android 14; SM-S911B) AppleWebKit/537.36 (KHTML, like Gecko) SamsungBrowser/23.0"
    " Chrome/115.0.0.0 Mobile Safari/537.36",
    "Mozilla/5.0 (iPhone; CPU iPhone OS 16_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/15E148"
    " MicroMessenger/8.0.42(0x18002a2e) NetType/WIFI Language/zh_CN",
    "Mozilla/4.0 (compatible; MSIE 7.0; Windows NT 10.0; WOW64; Trident/7.0; Microsoft Outlook 16.0.4266)",
    "Opera/9.80 (Android; Opera Mini/36.2/119.132; U; id) Presto/2.12.423 Version/12.16",
    "Outlook-iOS/711.2620504.prod.iphone (3.34.0)",
]


@pytest.mark.parametrize("agent", PEOPLE)
def test_people_stay_people(agent):
    assert classify(agent) == "person"


@pytest.mark.parametrize("agent", ["", "   ", "curl/8.5.0", "python-requests/2.32", "SomeBot/1.0", "x" * 10_000])
def test_programs_are_scanners(agent):
    assert classify(agent) == "scanner"


def test_a_head_request_comes_from_no_person():
    assert classify(PEOPLE[0], "HEAD") == "scanner"


@needs_material
def test_the_labelled_mail_clients_are_told_apart():
    wanted = {
        "image-proxy": "proxy",
        "apple-mpp": "proxy",
        "human-client": "person",
        "scanner": "scanner",
        "bot": "scanner",
    }
    cases = json.loads((MATERIAL / "user-agents" / "mail-clients-and-proxies.json").read_text())
    assert [classify(case["ua"]) for case in cases] == [wanted[case["class"]] for case in cases]


@needs_material
def test_at_least_99_percent_of_known_crawlers_are_recognised():
    cases = json.loads((MATERIAL / "user-agents" / "crawler-user-agents.json").read_text())
    agents = [agent for case in cases for agent in case["instances"]]
    recognised = sum(classify(agent) != "person" for agent in agents)
    print(f"recognised {recognised} of {len(agents)}")
    assert recognised / len(agents) >= 0.99
