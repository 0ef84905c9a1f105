"""The demo: a whole season of the policy rehearsed on this machine, with fictional firms and people and real flow runs."""
