"""Files and streams: what the public functions are made of."""
