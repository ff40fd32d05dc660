"""Pretrained decoders in their exact form (docs/decoder_model.md)."""
