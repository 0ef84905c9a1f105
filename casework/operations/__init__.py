"""What operators need: alarms, delivery of messages, the business clock, signs of life."""
