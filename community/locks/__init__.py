"""Who works on a file or folder just now, so that nobody writes over it: by a program (WebDAV), or by hand with a note."""
