"""What operators see of the running system: masked logs, health, metrics, and alarms through the outbox."""
