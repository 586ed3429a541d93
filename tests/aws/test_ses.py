import boto3
import pytest
from botocore.config import Config
from botocore.stub import Stubber

from chalicelib.aws import ses
from chalicelib.aws.clients import client
from chalicelib.errors import LimitExceeded

MIME = b"From: a@shop.example\nTo: b@shopper.example\nSubject: Hello\n\nbody"
MAIL = ses.Mail("a@shop.example", "b@shopper.example", MIME, "pid.mid")


def _answering(code, status):
    aws = boto3.client("sesv2", "us-east-1", aws_access_key_id="x", aws_secret_access_key="x")
    stub = Stubber(aws)
    stub.add_client_error("send_email", code, http_status_code=status)
    stub.activate()
    return ses.SesMailer(aws, "dripline")


@pytest.mark.parametrize(
    ("code", "status", "fault"),
    [
        ("TooManyRequestsException", 429, ses.Throttled),
        ("LimitExceededException", 400, ses.Throttled),
        ("SendingPausedException", 400, ses.SendingPaused),
        ("AccountSuspendedException", 400, ses.SendingPaused),
        ("MessageRejected", 400, ses.MailRefused),
        ("MailFromDomainNotVerifiedException", 400, ses.SendingPaused),
        ("AccessDeniedException", 403, ses.SendingPaused),
        ("InternalFailure", 500, ses.Unanswered),
    ],
)
def test_what_ses_says_is_told_apart(code, status, fault):
    with pytest.raises(fault):
        _answering(code, status).send(MAIL)


@pytest.mark.parametrize(
    "mail",
    [
        ses.Mail("a@shop.example", "b@shopper.example\r\nBcc: c@d.example", MIME, "t"),
        ses.Mail("a@shop.example", "b@shopper.example,c@shopper.example", MIME, "t"),
        ses.Mail("a@shop.example", "b", MIME, "t"),
        ses.Mail("a@shop.example", "b@shopper.example", MIME + b"x" * ses.MAIL_LIMIT, "t"),
        ses.Mail("a@shop.example", "b@shopper.example", b"List-Unsubscribe: <x>\nList-Unsubscribe: <y>\n" + MIME, "t"),
    ],
)
def test_the_guard_stops_what_an_emulator_forgives(mail):
    with pytest.raises(LimitExceeded):
        ses.check(mail)


def test_a_sending_client_never_retries(cloud):
    assert isinstance(client("sesv2", retried=False).meta.config, Config)
    assert client("sesv2", retried=False).meta.config.retries["total_max_attempts"] == 1
