"""Files of a space: folders, versions, and the bytes, which are kept by `storage` under names that nobody chose."""
