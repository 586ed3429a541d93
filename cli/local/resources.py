"""Makes the deployed tables, queues, buckets and secret in an emulator, from infra/resources.yaml itself.

Refuses to hold definitions of its own: what is not in resources.yaml does not
exist locally either. Types the emulator cannot make are left out.
"""

import json
import secrets
from functools import cache
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

from chalicelib.aws.clients import client

ROOT = Path(__file__).resolve().parents[2]
QUEUES = (
    "reactions",
    "steps",
    "outbox",
    "feedback",
    "campaign_slices",
    "segment_slices",
    "insight_slices",
    "late_facts",
)
DEAD_LETTERS = (*QUEUES, "stream")
"""Whose dead letters there are: each queue's, and those of the log's stream."""
TABLES = ("events", "profiles", "agenda", "catalog")
BUCKETS = ("data", "dashboard")
_MADE = {
    "AWS::DynamoDB::Table",
    "AWS::SQS::Queue",
    "AWS::S3::Bucket",
    "AWS::SNS::Topic",
}
_LEFT_OUT = {
    "BucketEncryption",
    "LifecycleConfiguration",
    "OwnershipControls",
    "PublicAccessBlockConfiguration",
    "RedrivePolicy",
}


@cache
def read_resources() -> dict[str, Any]:
    """The `Resources` section of infra/resources.yaml, without CloudFormation tags resolved."""
    return YAML(typ="rt").load((ROOT / "infra" / "resources.yaml").read_text())["Resources"]


def create() -> dict[str, str]:
    """Create them through boto3; returns the environment that `settings.py` reads."""
    stack = {
        "Resources": {
            name: {
                "Type": resource["Type"],
                "Properties": {
                    key: _plain(value) for key, value in resource.get("Properties", {}).items() if key not in _LEFT_OUT
                },
            }
            for name, resource in read_resources().items()
            if resource.get("Type") in _MADE
        }
    }
    cloudformation = client("cloudformation")
    cloudformation.create_stack(StackName="dripline", TemplateBody=json.dumps(stack))
    made = {
        resource["LogicalResourceId"]: resource["PhysicalResourceId"]
        for resource in cloudformation.describe_stack_resources(StackName="dripline")["StackResources"]
    }
    secret = client("secretsmanager").create_secret(
        Name="dripline", SecretString=json.dumps({"link_key_1": secrets.token_hex(24)})
    )
    return {
        "AWS_REGION": "us-east-1",
        "DRIPLINE_PUBLIC_URL": "https://mail.shop.example/api",
        "DRIPLINE_SECRETS": secret["ARN"],
        "DRIPLINE_FEEDBACK_TOPIC": made["FeedbackTopic"],
        "DRIPLINE_CONFIGURATION_SET": "dripline",
        **{f"DRIPLINE_{name.upper()}_TABLE": made[f"{name.title()}Table"] for name in TABLES},
        **{f"DRIPLINE_{name.upper()}_QUEUE": made[f"{name.title().replace('_', '')}Queue"] for name in QUEUES},
        **{
            f"DRIPLINE_{name.upper()}_DEAD_LETTERS": made[f"{name.title().replace('_', '')}DeadLetters"]
            for name in DEAD_LETTERS
        },
        **{f"DRIPLINE_{name.upper()}_BUCKET": made[f"{name.title()}Bucket"] for name in BUCKETS},
    }


def read_trigger(function: str) -> dict[str, Any]:
    """What resources.yaml says of the trigger of one function of app.py, such as its `Queue` and `FilterCriteria`.

    `function` is the handler's name; intrinsics come as the text behind their tag, `ReactionsQueue.Arn`.
    """
    logical = "".join(word.title() for word in function.split("_"))
    sources = read_resources().get(logical, {}).get("Properties", {}).get("Events", {})
    return {name: value for source in sources.values() for name, value in _plain(source["Properties"]).items()}


def read_variables() -> dict[str, str]:
    """Environment variable → the logical name whose `Ref` it holds, as every deployed function gets it."""
    template = YAML(typ="rt").load((ROOT / "infra" / "resources.yaml").read_text())
    return dict(_plain(template["Globals"]["Function"]["Environment"]["Variables"]))


def _plain(value: Any) -> Any:
    return json.loads(json.dumps(value, default=str))
