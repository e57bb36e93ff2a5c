"""Links by which somebody without an account opens a file or a folder of a space, for as long as its maker could."""
