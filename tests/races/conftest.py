from __future__ import annotations

import pytest

from tests import cast as people


@pytest.fixture
def everybody(transactional_db: None) -> people.Cast:
    """Everybody we test with, committed: threads with connections of their own see them."""
    return people.assemble()
