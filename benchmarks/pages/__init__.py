"""Tables and pictures of the documents, made of the files in results/ alone."""
