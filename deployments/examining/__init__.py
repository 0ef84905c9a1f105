"""The doctor's checks of what an installation holds: files and rights, policies, people, messages."""
