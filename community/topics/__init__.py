"""Topics: what a #word in a post, page or comment names, with a page, a name people can change, and followers."""
