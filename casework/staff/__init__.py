"""The people of the units: units, accounts, duties, delegations, tokens, and how each is reached."""
