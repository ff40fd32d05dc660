"""What is measured, and the pages that are made of it.

``measure`` writes JSON into ``results/`` (``scripts/bench NAME``); ``pages`` turns it into the
tables and pictures of docs/ and the README (``scripts/docs``).
"""
