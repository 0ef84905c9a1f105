"""Backup and restore: what is kept, how it is proven, and how a store comes back."""
