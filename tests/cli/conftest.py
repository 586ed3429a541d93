"""The commands as an operator runs them."""

from tests.operator import NOW, _standing, local, run

__all__ = ["NOW", "_standing", "local", "run"]
