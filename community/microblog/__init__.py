"""Posts: what people say to a space. Short, in Markdown, with comments below."""
