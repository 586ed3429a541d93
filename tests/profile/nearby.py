"""The emulated cloud without the wire between, for tests that read all of it again and again."""

from chalicelib import settings
from chalicelib.aws.bucket import Bucket
from chalicelib.aws.queue import Queue
from cli.local import resources
from cli.local.dynamodb import InProcessDynamodb
from cli.local.queues import InProcessSqs
from cli.local.storage import InProcessS3


def without_wire(cloud):
    urls = map(settings.dead_letters_url, resources.DEAD_LETTERS)
    queues = InProcessSqs([*urls, *map(settings.queue_url, resources.QUEUES)])
    cloud.__dict__ |= {
        "dynamodb": InProcessDynamodb(),
        "data": Bucket(settings.bucket_name("data"), InProcessS3()),
        "dashboard": Bucket(settings.bucket_name("dashboard"), InProcessS3()),
        "queue": lambda name: Queue(settings.queue_url(name), queues),
        "dead_letters": lambda name: Queue(settings.dead_letters_url(name), queues),
    }
    return cloud
