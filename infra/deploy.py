"""Puts build/package into an AWS account as one CloudFormation stack; the same command updates it.

    make package && .venv/bin/python -m infra.deploy --stack dripline --sender-domain mail.shop.example

A function cannot know the address of the API that calls it, since the API
depends on the function. So where no `--public-url` is given, the stack's first
change set is followed by a second that tells the functions the address the API
got. Credentials and region are those boto3 finds. Refuses to delete anything.
"""

import argparse
import hashlib
import json
import sys
from pathlib import Path
from typing import Any

from infra.package import OUT


class DeployFailed(Exception):
    """CloudFormation said no; the message is its own."""


def deploy(session: Any, stack: str, parameters: dict[str, str], *, endpoint: str | None = None) -> dict[str, str]:
    """Create or update `stack` from build/package; the stack's outputs. `session` is a boto3 session."""
    cloudformation = session.client("cloudformation", endpoint_url=endpoint)
    template = _upload(session, endpoint)
    outputs = _apply(cloudformation, stack, template, parameters)
    if not parameters.get("PublicUrl"):
        outputs = _apply(cloudformation, stack, template, parameters | {"PublicUrl": outputs["ApiUrl"]})
    return outputs


def _upload(session: Any, endpoint: str | None) -> str:
    """Put zips and template, named by their contents, into the account's own bucket; the template's URL."""
    from ruamel.yaml import YAML

    account = session.client("sts", endpoint_url=endpoint).get_caller_identity()["Account"]
    s3 = session.client("s3", endpoint_url=endpoint)
    bucket = f"dripline-packages-{account}-{session.region_name}"
    _make_bucket(s3, bucket, session.region_name)
    template = YAML(typ="safe").load((OUT / "sam.yaml").read_text())
    places = {f"./{name}": _put(s3, bucket, OUT / name) for name in ("deployment.zip", "layer-deployment.zip")}
    for resource in template["Resources"].values():
        for attribute in ("CodeUri", "ContentUri"):
            if attribute in resource.get("Properties", {}):
                resource["Properties"][attribute] = places[resource["Properties"][attribute]]
    text = json.dumps(template, sort_keys=True)
    key = f"{hashlib.sha256(text.encode()).hexdigest()[:32]}.json"
    s3.put_object(Bucket=bucket, Key=key, Body=text.encode())
    return f"{endpoint or 'https://s3.' + session.region_name + '.amazonaws.com'}/{bucket}/{key}"


def _make_bucket(s3: Any, bucket: str, region: str) -> None:
    from botocore.exceptions import ClientError

    try:
        s3.head_bucket(Bucket=bucket)
    except ClientError:
        place = {} if region == "us-east-1" else {"CreateBucketConfiguration": {"LocationConstraint": region}}
        s3.create_bucket(Bucket=bucket, **place)
    closed = ("BlockPublicAcls", "BlockPublicPolicy", "IgnorePublicAcls", "RestrictPublicBuckets")
    s3.put_public_access_block(Bucket=bucket, PublicAccessBlockConfiguration=dict.fromkeys(closed, True))


def _put(s3: Any, bucket: str, path: Path) -> str:
    from botocore.exceptions import ClientError

    body = path.read_bytes()
    key = f"{hashlib.sha256(body).hexdigest()[:32]}.zip"
    try:
        s3.head_object(Bucket=bucket, Key=key)
    except ClientError:
        s3.put_object(Bucket=bucket, Key=key, Body=body)
    return f"s3://{bucket}/{key}"


def _apply(cloudformation: Any, stack: str, template: str, parameters: dict[str, str]) -> dict[str, str]:
    """One change set, made and executed and waited for. One that would change nothing is let go."""
    from botocore.exceptions import ClientError, WaiterError

    exists = _describe(cloudformation, stack) is not None
    name = "change-" + hashlib.sha256(json.dumps([template, parameters]).encode()).hexdigest()[:16]
    kept = [{"ParameterKey": key, "ParameterValue": value} for key, value in parameters.items()]
    try:
        cloudformation.create_change_set(
            StackName=stack,
            ChangeSetName=name,
            ChangeSetType="UPDATE" if exists else "CREATE",
            TemplateURL=template,
            Parameters=kept,
            Capabilities=["CAPABILITY_IAM", "CAPABILITY_AUTO_EXPAND"],
        )
        cloudformation.get_waiter("change_set_create_complete").wait(
            StackName=stack, ChangeSetName=name, WaiterConfig={"Delay": 2, "MaxAttempts": 150}
        )
    except WaiterError:
        change = cloudformation.describe_change_set(StackName=stack, ChangeSetName=name)
        reason = change.get("StatusReason", "")
        if "didn't contain changes" not in reason and "No updates" not in reason:
            raise DeployFailed(f"the change set was refused: {reason}") from None
        cloudformation.delete_change_set(StackName=stack, ChangeSetName=name)
        return _outputs(cloudformation, stack)
    except ClientError as fault:
        raise DeployFailed(str(fault)) from fault
    cloudformation.execute_change_set(StackName=stack, ChangeSetName=name)
    waiter = cloudformation.get_waiter("stack_update_complete" if exists else "stack_create_complete")
    try:
        waiter.wait(StackName=stack, WaiterConfig={"Delay": 5, "MaxAttempts": 240})
    except WaiterError:
        raise DeployFailed("\n".join(_failures(cloudformation, stack))) from None
    return _outputs(cloudformation, stack)


def _describe(cloudformation: Any, stack: str) -> dict[str, Any] | None:
    """The stack; None when it does not exist, or only as an empty shell under review."""
    from botocore.exceptions import ClientError

    try:
        found = cloudformation.describe_stacks(StackName=stack)["Stacks"][0]
    except ClientError:
        return None
    return None if found["StackStatus"] == "REVIEW_IN_PROGRESS" else found


def _outputs(cloudformation: Any, stack: str) -> dict[str, str]:
    found = _describe(cloudformation, stack) or {}
    return {output["OutputKey"]: output["OutputValue"] for output in found.get("Outputs", [])}


def _failures(cloudformation: Any, stack: str) -> list[str]:
    events = cloudformation.describe_stack_events(StackName=stack)["StackEvents"]
    return [
        f"{event['LogicalResourceId']}: {event.get('ResourceStatusReason', event['ResourceStatus'])}"
        for event in events
        if "FAILED" in event["ResourceStatus"]
    ]


def main() -> int:
    import boto3

    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--stack", default="dripline")
    parser.add_argument("--sender-domain", required=True, help="the domain, verified in SES, that mails come from")
    parser.add_argument("--public-url", default="", help="the API's custom domain; default: the API's own address")
    parser.add_argument("--alarm-address", default="", help="who is told of alarms by mail")
    arguments = parser.parse_args()
    parameters = {
        "SenderDomain": arguments.sender_domain,
        "PublicUrl": arguments.public_url,
        "AlarmAddress": arguments.alarm_address,
    }
    if not (OUT / "sam.yaml").exists():
        print("deploy: there is no build/package; run `make package` first", file=sys.stderr)
        return 1
    try:
        outputs = deploy(boto3.session.Session(), arguments.stack, parameters)
    except DeployFailed as failure:
        print(f"deploy: {failure}", file=sys.stderr)
        return 1
    print("\n".join(f"{name}: {value}" for name, value in sorted(outputs.items())))
    return 0


if __name__ == "__main__":
    sys.exit(main())
