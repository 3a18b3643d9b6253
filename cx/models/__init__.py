"""How it felt and what we promised."""

from cx.models.follow_up import FollowUp
from cx.models.observation import Observation
from cx.models.promise import Promise
from cx.models.survey import Invitation, Response
from cx.models.tagging import Tagging

__all__ = ["FollowUp", "Invitation", "Observation", "Promise", "Response", "Tagging"]
