"""The experiments of "Language Modeling Is Compression" (Delétang et al., ICLR 2024).

Compressors by name: :mod:`~lmpack.evaluation.compressors`; what one has to offer:
:mod:`~lmpack.evaluation.protocol`. What they are measured on: :mod:`~lmpack.evaluation.data_sets`.
How: :mod:`~lmpack.evaluation.rates`. Needs the extra [eval].
"""
