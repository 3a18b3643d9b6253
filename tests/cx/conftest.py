"""A ticket with a suggestion is the same here as on the agents' pages."""

from tests.workspace.conftest import suggest, suggestion

__all__ = ["suggest", "suggestion"]
