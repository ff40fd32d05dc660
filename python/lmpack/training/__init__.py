"""Training and export: the only part of lmpack that needs torch and onnx (extra `train`)."""
