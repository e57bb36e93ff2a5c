"""Comments on posts, pages, files and journal entries: whoever sees the thing sees its comments, and nobody else."""
