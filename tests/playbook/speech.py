"""The words that come with Dripline, for tests that read explanations."""

from chalicelib.profile.words import Speech
from cli.publish.load import DEFAULT
from cli.publish.reasons import read_reasons

ENGLISH, CHINESE = (Speech(language, told) for language, told in read_reasons(DEFAULT)[0].items())
