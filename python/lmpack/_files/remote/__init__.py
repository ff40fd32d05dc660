"""Files that are reached by a URL, through fsspec: the only place that knows of it."""
