"""What the text of a policy leaves open: parameters and settings set by two people, holidays by their notice."""
