"""The wiki: pages of a space. Revisions are appended, the page points at one, nothing is overwritten."""
