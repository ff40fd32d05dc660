"""From the float weights of a pretrained language model to an exact bundle."""
