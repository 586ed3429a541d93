"""Every fault Dripline raises, as one tree.

    DriplineError
    ├── BadInput            the sender's fault; permanent; answered 4xx or quarantined
    │   ├── BadJson         not strict JSON
    │   ├── BadEvent        well-formed, but not a fact we can parse
    │   ├── BadSignature    not signed by a secret we trust
    │   ├── BadToken        a link token nobody here signed
    │   └── BadPlaybook     a definition that cannot mean anything; carries file:line
    ├── Unavailable         AWS did not answer or throttled us; transient; answered 503, retried
    └── LimitExceeded       a request AWS would refuse; stopped before it is sent

Expected outcomes (a dropped hit, a skipped message) are values, not members of
this tree: see DropReason in collect and SkipReason in deliver.
"""


class DriplineError(Exception):
    """The root: catching it catches every fault of ours and nothing of others."""


class BadInput(DriplineError):
    """Permanent: sending the same again gives the same answer."""


class BadJson(BadInput):
    pass


class BadEvent(BadInput):
    pass


class BadSignature(BadInput):
    pass


class BadToken(BadInput):
    pass


class BadPlaybook(BadInput):
    pass


class Unavailable(DriplineError):
    """Transient: the same request may succeed later."""


class LimitExceeded(DriplineError):
    """A request beyond a documented AWS limit, refused by our own guard."""
