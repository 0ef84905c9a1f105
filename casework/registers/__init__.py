"""The registers: units, people, parties, budgets, parameters, holidays. Each write is one transaction."""
