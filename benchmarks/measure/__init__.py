"""Measurements: each module is a program that writes results/NAME.json."""
