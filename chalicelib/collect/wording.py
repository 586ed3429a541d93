"""The sentence that people agree to when they subscribe, as the playbook words it now."""

from chalicelib.collect import addressee
from chalicelib.playbook.bundle import Bundle


def current(playbook: Bundle | None) -> str:
    """Its id: the one that sorts last."""
    known = (playbook.settings.get("consent_wording") if playbook else None) or {}
    return max(known, default="undo-page")


def sentence(playbook: Bundle | None, language: str) -> str:
    """The sentence itself, as the page in this language shows it."""
    known = (playbook.settings.get("consent_wording") if playbook else None) or {}
    return addressee.speaker(language)(known.get(current(playbook)) or {})
