"""Personal data: identity numbers, sealing keys, masks, and the end of retention."""
