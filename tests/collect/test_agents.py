"""Machines told from people by User-Agent and network, over third-party lists and agents made from makers' tables."""

import csv
import json
from ipaddress import ip_network

import pytest

from chalicelib.collect.agents import classify
from chalicelib.collect.networks import network_of
from tests.collect import human_agents
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
def test_at_least_99_percent_of_known_crawlers_are_recognised(record_property):
    cases = json.loads((MATERIAL / "user-agents" / "crawler-user-agents.json").read_text())
    agents = [agent for case in cases for agent in case["instances"]]
    recognised = sum(classify(agent) != "person" for agent in agents)
    assert recognised / len(agents) >= 0.99
    record_property("promise", f"P22: known crawlers and proxies recognised {recognised}/{len(agents)}")


def test_at_most_one_percent_of_people_are_taken_for_machines(record_property):
    people = human_agents.agents()
    wrong = [agent for agent in people if classify(agent) != "person"]
    assert len(people) > 2_500
    assert len(wrong) / len(people) <= 0.01, wrong[:5]
    record_property("promise", f"P22: people's agents taken for machines {len(wrong)}/{len(people)}")


@needs_material
def test_published_scanner_networks_are_known(record_property):
    with (MATERIAL / "user-agents" / "scanner-networks.csv").open(newline="") as table:
        listed = [ip_network(row["source"]) for row in csv.DictReader(table)]
    known = sum(bool(network_of(str(each[0])) and network_of(str(each[-1]))) for each in listed)
    assert known == len(listed)
    record_property("promise", f"P22: published scanner networks known {known}/{len(listed)}")


def test_a_hit_from_a_scanner_s_network_is_no_person_s():
    assert network_of("40.92.0.1") == "microsoft-365"
    assert network_of("2a01:111:f400:1::5") == "microsoft-365"
    for address in ("", "x", "40.92.0", "192.0.2.1", "::ffff:8.8.8.8", "2001:db8::1", "999.1.1.1", "40.91.255.255"):
        assert network_of(address) == ""
    assert classify(PEOPLE[0], network=network_of("40.107.3.3")) == "scanner"
