"""Reading folders as Hugging Face's `transformers` saves them."""
