"""The rules of the content check, one file a kind of content."""
