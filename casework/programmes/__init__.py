"""Work without money: plans and milestones, indicators, payout rates, rankings."""
