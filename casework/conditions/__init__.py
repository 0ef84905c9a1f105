"""Conditions: what is checked, what stops which act, what an override lifts, and when it is looked at again."""
