"""What leaves the house: messages to people, queued in the transaction of what they tell."""
