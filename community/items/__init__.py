"""What every item has in common: a post, a page, a file, a journal entry. Where it is, who may see it, since when."""
