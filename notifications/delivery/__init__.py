"""Delivery: from a row of the outbox to its readers, at least once, one channel never in another's way."""

from notifications.delivery.dispatcher import DeliverySummary, DeliveryThread, Dispatcher, send_due
from notifications.delivery.pace import Pace

__all__ = ["DeliverySummary", "DeliveryThread", "Dispatcher", "Pace", "send_due"]
