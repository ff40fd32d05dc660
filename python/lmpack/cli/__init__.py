"""The command line: parses, calls the public API and prints. One file a command or pair of them."""
