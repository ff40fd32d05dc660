"""Files of every kind of data, which anybody can build again, byte for byte."""
