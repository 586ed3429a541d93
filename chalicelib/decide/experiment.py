"""Who is held out of a flow or campaign, so that its effect can be measured.

The share is by hash, so newcomers join by themselves and nobody changes sides.
Comparing what the two sides did belongs to measure.
"""

from chalicelib import ids


def is_held_out(definition: str, profile_id: str, share: float) -> bool:
    """Always the same answer for a customer and a flow while `share` (0 to 1) stays the same."""
    return ids.share(definition, profile_id) < share
