"""From the name of a deployed stack to its tables, queues and buckets: what the operator's commands work on.

The stack's resources are looked up in CloudFormation and put into the
environment under the names that `infra/resources.yaml` gives every function,
so the commands read the same settings as the deployed code. Refuses to guess:
without --stack the environment must hold them already.
"""

import os
from collections.abc import Callable
from typing import Any

import click

from chalicelib.aws import clients
from chalicelib.aws.services import Services
from chalicelib.aws.services import services as shared_services
from chalicelib.errors import DriplineError
from cli.local import resources

STACK_HELP = """Works on a deployed stack: name it with --stack (or in DRIPLINE_STACK), with AWS credentials as for the
AWS command line. Without it the DRIPLINE_* variables of the environment are used, as inside Lambda."""


def stack_option(command: Callable[..., Any]) -> Callable[..., Any]:
    """--stack NAME, handed to the command as `stack`."""
    return click.option(
        "--stack", envvar="DRIPLINE_STACK", default="", metavar="NAME", help="The deployed CloudFormation stack."
    )(command)


def connect(stack: str) -> Services:
    """The services of that stack, through boto3. Raises DriplineError when it cannot be found or read."""
    if stack:
        os.environ |= _read_stack(stack)
        clients.forget()
        shared_services.cache_clear()
    elif not os.environ.get("DRIPLINE_EVENTS_TABLE"):
        raise DriplineError("which deployment? Name its CloudFormation stack with --stack NAME")
    return shared_services()


def _read_stack(stack: str) -> dict[str, str]:
    import boto3
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        session = boto3.session.Session()
        region = session.region_name or "us-east-1"
        cloudformation = session.client("cloudformation", region_name=region)
        known = {
            resource["LogicalResourceId"]: resource["PhysicalResourceId"]
            for page in cloudformation.get_paginator("list_stack_resources").paginate(StackName=stack)
            for resource in page["StackResourceSummaries"]
            if resource.get("PhysicalResourceId")
        }
        described = cloudformation.describe_stacks(StackName=stack)["Stacks"][0]
    except (BotoCoreError, ClientError) as fault:
        raise DriplineError(f"the stack {stack} could not be read: {fault}") from fault
    known |= {each["ParameterKey"]: each.get("ParameterValue", "") for each in described.get("Parameters", ())}
    outputs = {each["OutputKey"]: each["OutputValue"] for each in described.get("Outputs", ())}
    known["PublicUrl"] = known.get("PublicUrl") or outputs.get("EndpointURL", "")
    found = {name: known[logical] for name, logical in resources.read_variables().items() if known.get(logical)}
    if "DRIPLINE_EVENTS_TABLE" not in found:
        raise DriplineError(f"the stack {stack} is not one of Dripline's: it has no events table")
    return found | {"AWS_REGION": region}
