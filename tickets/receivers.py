"""What tickets itself does when one of its bells rings."""

from __future__ import annotations

from typing import Any

from helpdesk.common.doorbell import ring
from tickets.tasks import send_delivery


def delivery_due(sender: object, *, delivery_id: int, **_: Any) -> None:
    ring(send_delivery, delivery_id=delivery_id)
