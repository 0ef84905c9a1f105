"""Several machines: the engine's server on PostgreSQL, a pool of workers, a trigger, and proof that strangers are kept out."""
