"""The policy at work: one page of flows a policy, the chains that they follow, and what the calendar starts."""
