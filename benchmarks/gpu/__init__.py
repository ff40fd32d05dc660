"""One command for a GPU that is at hand for some minutes: `python -m benchmarks.gpu`."""
