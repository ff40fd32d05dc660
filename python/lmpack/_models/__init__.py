"""Models: their shapes, bundles and symbols."""
