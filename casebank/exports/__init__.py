"""A case leaves in the formats of others, and comes back in our own. Pure functions to bytes.

One module a format. None opens a file or a network address, none knows who asks: who may export
what, and the record of it, is the application's.
"""
