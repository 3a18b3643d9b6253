"""How it felt and what we promised."""

from cx.models.follow_up import FollowUp
from cx.models.found_promise import FoundPromise
from cx.models.observation import Observation
from cx.models.offer import Offer
from cx.models.opinion_request import OpinionRequest
from cx.models.promise import Promise
from cx.models.recovery import GestureBudget, Recovery
from cx.models.second_label import SecondLabel
from cx.models.stake import Stake
from cx.models.survey import Invitation, Response
from cx.models.tagging import Tagging
from cx.models.trained_model import TrainedModel
from cx.models.wording import CauseOwner, Department, SubCause, Wording

__all__ = [
    "CauseOwner",
    "Department",
    "FollowUp",
    "FoundPromise",
    "GestureBudget",
    "Invitation",
    "Observation",
    "Offer",
    "OpinionRequest",
    "Promise",
    "Recovery",
    "Response",
    "SecondLabel",
    "Stake",
    "SubCause",
    "Tagging",
    "TrainedModel",
    "Wording",
]
