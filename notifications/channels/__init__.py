"""The ways to reach people: each takes a parcel and says honestly what became of it."""
