"""The flows and campaigns that a store gets on day one mean something to decide."""

from pathlib import Path

from ruamel.yaml import YAML

from chalicelib import playbook
from chalicelib.decide import campaign, flow

ROOT = Path(playbook.__file__).parent


def test_every_flow_and_campaign_of_the_default_playbook_is_understood():
    read = YAML(typ="safe", pure=True).load
    flows = {path.stem: flow.parse(path.stem, read(path.read_text())) for path in (ROOT / "flows").glob("*.yaml")}
    assert {"confirm_subscription", "welcome", "unpaid_order"} <= set(flows)
    campaigns = [campaign.parse(path.stem, read(path.read_text())) for path in (ROOT / "campaigns").glob("*.yaml")]
    assert campaigns
    assert all(list(each.emails()) for each in (*flows.values(), *campaigns))
