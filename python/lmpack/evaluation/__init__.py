"""The experiments of "Language Modeling Is Compression" (Delétang et al., ICLR 2024).

Compressors behind one protocol: :mod:`~lmpack.evaluation.compressors`. What they are measured on:
:mod:`~lmpack.evaluation.data_sets`. How: :mod:`~lmpack.evaluation.rates`. Needs the extra [eval].
"""
