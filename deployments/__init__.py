"""What runs when and where: the engine of one machine, the service that moves cases on, and its examination."""
