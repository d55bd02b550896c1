"""One table says who may do what; every act has an answer for every role."""

import pytest

from accounts.models import Role
from review.models import Placement
from review.policies import MAY, Act, acts
from review.workflow.transitions import AFTER_EDIT, ALLOWED


def test_every_act_is_in_the_table() -> None:
    assert set(MAY) == set(Act)


@pytest.mark.parametrize("act", [Act.DECIDE, Act.PUBLISH, Act.OVERTURN])
def test_marketing_neither_decides_nor_publishes(act: Act) -> None:
    assert act not in acts(Role.MARKETING)


def test_every_state_can_be_left_and_every_target_is_a_state() -> None:
    states = set(Placement.Status.values)
    assert set(ALLOWED) == states
    assert {to for moves in ALLOWED.values() for to in moves.values()} <= states
    assert not {"rejected", "dropped"} & set(AFTER_EDIT)
