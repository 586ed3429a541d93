"""The wiring table: every trigger of the deployed system and the function it runs. No logic.

HTTP routes come from the blueprint of `collect`. Everything that runs behind
the web is registered here, because a background handler in a blueprint would
bypass this module in Lambda. A handler's name is its function's name, in the
template and in the local cloud alike; the triggers' real ARNs are given in
`infra/resources.yaml`, the ones below only hold their places.

A stage is imported inside the handler that runs it, so that the pixel's cold
start does not pay for the sending of mail or for pandas.
"""

from collections.abc import Callable
from typing import Any

from chalice import Chalice
from chalice.app import CloudWatchEvent, DynamoDBEvent, Rate, SQSEvent

from chalicelib import clock
from chalicelib.aws.services import Services, services
from chalicelib.collect.routes import blueprint
from chalicelib.collect.tracker import normalise_accept

Answer = dict[str, Any]
PLACE = "arn:aws:{}:us-east-1:123456789012:given-in-resources-yaml"


class Dripline(Chalice):
    def __call__(self, event: Any, context: Any) -> Answer:
        normalise_accept(event)
        return super().__call__(event, context)


app = Dripline(app_name="dripline")
app.api.binary_types.append("text/javascript")  # the snippet goes out compressed
app.register_blueprint(blueprint)


def for_each_body(event: SQSEvent, job: Callable[..., Any], **more: Any) -> Answer:
    """Run a stage's job on each queue message; the answer names the messages to deliver again."""
    from chalicelib.aws.queue import consume
    from chalicelib.aws.telemetry import log_fault

    return consume(
        event.to_dict()["Records"],
        lambda body: job(services(), body, clock.now(), **more),
        lambda fault: log_fault("a queue message failed", fault, job=job.__name__),
    )


def short_of_time(event: SQSEvent) -> Callable[[], bool]:
    """Whether less than a minute is left to the function: a slice goes on in a new message."""
    context: Any = event.context
    return lambda: bool(context.get_remaining_time_in_millis() < 60_000)


# EVENTS → ONE CUSTOMER


@app.on_dynamodb_record(
    PLACE.format("dynamodb"), batch_size=500, starting_position="TRIM_HORIZON", maximum_batching_window_in_seconds=1
)
def fold_events(event: DynamoDBEvent) -> Answer:
    from chalicelib.profile import jobs

    return jobs.fold_events(services(), event.to_dict()["Records"], clock.now())


@app.on_sqs_message(queue_arn=PLACE.format("sqs"), batch_size=10)
def append_late_facts(event: SQSEvent) -> Answer:
    from chalicelib.collect import jobs

    return for_each_body(event, jobs.append_late_fact)


@app.schedule(Rate(15, Rate.MINUTES))
def work_off_privacy(event: CloudWatchEvent) -> None:
    from chalicelib.measure import erasure
    from chalicelib.profile import privacy

    privacy.work_off(services(), clock.now(), erasure, clock.time_of(minutes=10))


@app.schedule(Rate(1, Rate.HOURS))
def gather_archive(event: CloudWatchEvent) -> None:
    from chalicelib.measure import jobs
    from chalicelib.profile import archive

    archive.gather(services(), jobs.unread_from(services()))


# CUSTOMERS → SEGMENTS


@app.schedule(Rate(1, Rate.HOURS))
def start_segments(event: CloudWatchEvent) -> None:
    from chalicelib.segment import jobs

    jobs.start(services(), clock.now())


@app.on_sqs_message(queue_arn=PLACE.format("sqs"), batch_size=1)
def compute_segment_slice(event: SQSEvent) -> Answer:
    from chalicelib.segment import jobs

    return for_each_body(event, jobs.compute_slice, is_late=short_of_time(event))


@app.schedule(Rate(1, Rate.HOURS))
def start_insights(event: CloudWatchEvent) -> None:
    from chalicelib.segment import daily

    daily.begin(services(), clock.now())


@app.on_sqs_message(queue_arn=PLACE.format("sqs"), batch_size=1)
def compute_insights(event: SQSEvent) -> Answer:
    from chalicelib.segment import daily

    return for_each_body(event, daily.work, is_late=short_of_time(event))


# CUSTOMER + EVENT + NOW → INTENTIONS


@app.on_sqs_message(queue_arn=PLACE.format("sqs"), batch_size=10)
def react_to_events(event: SQSEvent) -> Answer:
    from chalicelib import events
    from chalicelib.decide import jobs as decide
    from chalicelib.deliver import jobs as deliver

    def react(services: Services, body: Any, now: Any) -> None:
        facts = [events.parse(fact) for fact in body["events"]]
        deliver.settle(services, body["profile_id"], facts, now)
        decide.react(services, body["profile_id"], facts, now)

    return for_each_body(event, react)


@app.schedule(Rate(1, Rate.MINUTES))
def move_due(event: CloudWatchEvent) -> None:
    from chalicelib.decide import jobs

    jobs.move_due(services(), clock.now())


@app.on_sqs_message(queue_arn=PLACE.format("sqs"), batch_size=10)
def advance_flows(event: SQSEvent) -> Answer:
    from chalicelib.decide import jobs

    return for_each_body(event, jobs.advance)


@app.schedule(Rate(5, Rate.MINUTES))
def launch_campaigns(event: CloudWatchEvent) -> None:
    from chalicelib.decide import jobs

    jobs.launch_campaigns(services(), clock.now())


@app.on_sqs_message(queue_arn=PLACE.format("sqs"), batch_size=1)
def plan_campaign_slice(event: SQSEvent) -> Answer:
    from chalicelib.decide import jobs

    return for_each_body(event, jobs.plan_campaign_slice)


# INTENTION → MESSAGE OUT, and what became of it


@app.on_sqs_message(queue_arn=PLACE.format("sqs"), batch_size=10)
def deliver_messages(event: SQSEvent) -> Answer:
    from chalicelib.deliver import jobs

    return for_each_body(event, jobs.deliver)


@app.on_sqs_message(queue_arn=PLACE.format("sqs"), batch_size=10)
def take_feedback(event: SQSEvent) -> Answer:
    from chalicelib.collect import jobs

    return for_each_body(event, jobs.take_feedback)


# EVENTS → NUMBERS


@app.schedule(Rate(15, Rate.MINUTES))
def aggregate_metrics(event: CloudWatchEvent) -> None:
    from chalicelib.measure import jobs

    jobs.aggregate(services(), clock.now())
