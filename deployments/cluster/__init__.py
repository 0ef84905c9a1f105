"""Several machines: the engine's server on PostgreSQL, a pool of workers, a trigger, and what proves that they are closed to strangers."""
