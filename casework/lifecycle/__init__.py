"""How a case goes: states and transitions, commands, who may do what, and the step runner."""
