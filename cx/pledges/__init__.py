"""Finding what we promise in what we write: pure, with no database and no clock of its own."""

from cx.pledges.finding import Found, find

__all__ = ["Found", "find"]
