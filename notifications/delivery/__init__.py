"""Delivery: from a row of the outbox to its readers, at least once, one channel never in another's way."""

from notifications.delivery.office import Delivered, Deliverer, Office, deliver_due
from notifications.delivery.pace import Pace

__all__ = ["Delivered", "Deliverer", "Office", "Pace", "deliver_due"]
