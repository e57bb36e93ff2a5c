"""Taking pages out of a wiki and bringing them in: HTML, PDF, Markdown and plain text out; Markdown, HTML and Word in.

* `bundle`     the pages and files that somebody takes, through their eyes at that moment
* `exporting`  a bundle as HTML, Markdown or plain text, made from what is kept, never from an address
* `pdf`        a bundle as PDF
* `importing`  what is in an upload, the plan, and carrying it out
* `keeping`    what runs for somebody: asked for, done, fetched once, forgotten
* `jobs`       what takes long
"""
