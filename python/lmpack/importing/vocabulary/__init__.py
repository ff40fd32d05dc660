"""From the vocabularies of all formats to the bytes of tokens and a tokenizer.json."""
