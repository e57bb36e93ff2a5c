"""Search: documents in, hits out. Reads the log like every other reader, and asks no database while it searches.

Reading order, from the ground up:

    documents     what the index knows of a thing, and who may find it
    analysis      from text to words: folded accents, English and Dutch stems, a guess of the language
    query         what a person typed, as a bounded tree: +must -not "phrase" kind:page author:noor since:2026-06
    excerpts      the sentence around the hits, with the hits marked
    segments      one immutable piece of a Whoosh index, read into plain sets and dictionaries
    ranking       which documents match, which come first, what the counts are: of what this actor may see, only
    index         `SearchIndex`: one commit a batch with its cursor inside, readers that never go stale
    consumer      keeps the index in step with the log
    queries       what an actor finds: the engine's hits, asked again of the database

The index is a copy: it can be deleted at any time and made again from the database.
"""
