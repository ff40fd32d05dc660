"""The exact Transformer in kernels of our own, written in Triton; docs/gpu.md describes them."""
