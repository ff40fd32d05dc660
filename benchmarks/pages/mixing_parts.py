"""The tables of docs/mixing.md: what each part of a predictor brings, and what predictors take."""

from __future__ import annotations

import math
from statistics import fmean, median, variance
from typing import Any

from benchmarks.pages.tables import conditions
from benchmarks.record import read_result
from lmpack.evaluation.markdown import table


def parts() -> dict[str, str]:
    """What stands between the markers of the page."""
    result = read_result("mixing_parts")
    if result is None:
        return {"parts": "", "times": ""}
    return {"parts": changes(result), "times": times(result)}


def changes(result: dict[str, Any]) -> str:
    """For each part, by predictor, how much larger files become without it, and what it takes."""
    predictors = result["predictors"]
    names = dict.fromkeys(part for one in predictors.values() for part in one["without"])
    timed = all("without_s" in one for one in predictors.values())
    lines = [
        [part, *(cell for one in predictors.values() for cell in _cells(result, one, part, timed))]
        for part in names
    ]
    header = [cell for name in predictors for cell in ([name, "us"] if timed else [name])]
    return "\n\n".join(
        [
            f"`scripts/bench mixing_parts`: {result['limit']:,} bytes from the middle of "
            f"{len(next(iter(predictors.values()))['whole'])} files of every kind, each as one "
            "block without a model or filter. By how many per cent files become larger without a "
            "part: the mean over those whose predictor has it, and the file that needs it most. "
            "Parts overlap, so the numbers do not add up. "
            + (_timing(result, predictors) if timed else "")
            + conditions(result),
            table(["part", *header], lines),
            *(_together(name, one) for name, one in predictors.items() if one.get("negative")),
        ]
    )


def _cells(result: dict[str, Any], one: dict[str, Any], part: str, timed: bool) -> list[str]:
    """What the part brings to a predictor, and what it takes; nothing if it has no such part."""
    seconds = one["without_s"].get(part, {}) if timed else {}
    saved = [median(one["whole_s"][name]) - without for name, without in seconds.items()]
    taken = f"{1e6 * fmean(saved) / result['limit']:.2f}" if saved else ""
    return [_change(one, part), taken] if timed else [_change(one, part)]


def _timing(result: dict[str, Any], predictors: dict[str, Any]) -> str:
    """What the columns of times are, and how far they can be trusted."""
    errors = []
    for name, one in predictors.items():
        variances = [variance(seconds) for seconds in one["whole_s"].values() if len(seconds) > 1]
        error = math.sqrt(fmean(variances) / len(one["whole_s"]))
        errors.append(f"{1e6 * error / result['limit']:.2f} ({name})")
    return (
        "*us*: by how many CPU microseconds a byte they become faster without it, on average. "
        "Contexts are computed eight or sixteen at a time, so one less may save nothing. By "
        f"chance alone such a mean is off by about {', '.join(errors)}. "
    )


def _together(name: str, one: dict[str, Any]) -> str:
    """What it brings to leave out all parts at once that are not worth it alone."""
    percent = {
        file: 100 * (size / one["whole"][file] - 1) for file, size in one["together"].items()
    }
    least, most = min(percent, key=percent.__getitem__), max(percent, key=percent.__getitem__)
    count = len(one["negative"])
    return (
        f"Without the {count} part{'s' * (count > 1)} of {name} whose mean is below 0, all left "
        f"out at once, files change by {fmean(percent.values()):+.2f} % on average, {most} by "
        f"{percent[most]:+.2f} and {least} by {percent[least]:+.2f} %."
    )


def times(result: dict[str, Any]) -> str:
    """Microseconds a byte, by predictor and kernels."""
    speeds = result["speeds"]
    kernels = list(dict.fromkeys(row["kernels"] for row in speeds))
    best: dict[str, dict[str, float]] = {}
    for row in speeds:
        best.setdefault(row["predictor"], {})[row["kernels"]] = row["microseconds"]
    lines = [[name, *(f"{by[kernel]:.2f}" for kernel in kernels)] for name, by in best.items()]
    header, words = ["predictor", *kernels], ""
    if ways := {row["predictor"]: row for row in result.get("both_ways", [])}:
        for line in lines:
            name = line[0]
            line += [f"{ways[name][way]:.2f}" for way in ("encode", "decode")]
            line.append(f"{ways[name]['decode'] / ways[name]['encode']:.2f}")
        header += ["encode", "decode", "ratio"]
        words = (
            "The last columns are of whole blocks both ways, with the fastest kernels; decoding "
            "is to take at most 1.1 times as long as encoding. "
        )
    return "\n\n".join(
        [
            "CPU microseconds a byte without a model, the best of several turns, by kernels. "
            + words
            + "The kernels for NEON are tested in an emulator, which says nothing of their speed, "
            "and were not timed. " + conditions(result),
            table(header, lines),
            _reached(best),
        ]
    )


def _reached(best: dict[str, dict[str, float]]) -> str:
    """What was asked of each predictor, and what it takes."""
    fastest = {name: min(by.values()) for name, by in best.items()}
    full = f"{best['full']['avx2']:.2f}" if "avx2" in best["full"] else "not measured"
    return (
        f"The aims are 0.9 MB a second of light, which has {1 / fastest['light']:.2f}; at most "
        f"2.5 microseconds a byte of full with AVX2 ({full}), and 12 of strong "
        f"({fastest['strong']:.2f})."
    )


def _change(predictor: dict[str, Any], part: str) -> str:
    sizes = predictor["without"].get(part)
    if sizes is None:
        return ""
    percent = {name: 100 * (size / predictor["whole"][name] - 1) for name, size in sizes.items()}
    name, most = max(percent.items(), key=lambda item: item[1])
    return f"{fmean(percent.values()):+.2f}; {name.rsplit('.', 1)[0]} {most:+.1f}"
