"""What decide does when something happened or came due: the functions that `app.py` registers.

The only rooms of decide that read and write, beside `store.py` and the listing
in `plan.py`; what they do is said by the pure ones. Each may be run twice, and
two at once.
"""

from chalicelib.decide.jobs.campaigns import launch_campaigns, plan_campaign_slice
from chalicelib.decide.jobs.react import react
from chalicelib.decide.jobs.runs import advance
from chalicelib.decide.jobs.sweep import move_due

__all__ = ["advance", "launch_campaigns", "move_due", "plan_campaign_slice", "react"]
