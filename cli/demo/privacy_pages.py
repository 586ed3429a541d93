"""What was asked for under the customers' rights in a demo, and the proofs of what was erased. Names nobody."""

import json
from html import escape

from chalicelib import clock
from chalicelib.profile import erasure, privacy
from cli.demo import frame
from cli.demo.run import Demo
from cli.local.gateway import Answer, Request


def answer(demo: Demo, request: Request) -> Answer | None:
    """`/privacy`."""
    if request.path != "/privacy":
        return None
    services = demo.cloud.services
    rows = [
        (
            escape(str(item["received_at"])[:16].replace("T", " ")),
            escape(item["topic"]),
            escape(item["status"]),
            escape(item.get("object") or item.get("erasure") or item.get("outcome", "")),
        )
        for item in privacy.requests(services)
    ]
    proofs = []
    for proof in erasure.proofs(services):
        body = json.loads(proof["body"])
        genuine = "genuine" if erasure.is_genuine(services, proof) else "not genuine"
        facts = [
            ("Asked, UTC", escape(body["asked_at"][:16].replace("T", " "))),
            ("Finished, UTC", escape(body["finished_at"][:16].replace("T", " "))),
            ("Asked by", escape(body["why"])),
            ("Signature", genuine),
        ]
        looks = [
            (
                escape(look["at"][:16].replace("T", " ")),
                escape(
                    ", ".join(f"{number} {what}" for what, number in look["removed"].items() if number) or "nothing"
                ),
            )
            for look in body["looks"]
        ]
        proofs.append(
            f'<div class="card">{frame.pairs(facts)}</div>{frame.table("Looks", ("Looked, UTC", "Removed"), looks)}'
            f'<details class="card"><summary>The proof as it is kept</summary>'
            f"<pre>{escape(json.dumps(body, indent=1))}</pre></details>"
        )
    return frame.page(
        "Privacy",
        clock.to_text(demo.cloud.now())[:16],
        "/privacy",
        f"<p>Two customers, {frame.invented()}, used their rights in the demo's last hours: the shop's signed webhook "
        "asked for one's data, and for another to be erased. What an erasure leaves is a signed proof, and salted "
        "hashes that keep the person from coming back unasked.</p><h2>Requests</h2>",
        frame.table("Requests", ("Received, UTC", "Topic", "Status", "What became of it"), rows),
        f"<h2>Proofs of erasure</h2>{''.join(proofs) or frame.table('Proofs', (), ())}",
    )
