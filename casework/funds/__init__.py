"""Money before it is paid: budgets, the ledger of each fund, and what a case gives back."""
