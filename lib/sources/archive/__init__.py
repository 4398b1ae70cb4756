"""Files of posts, bars and listings: read, understood line by line, and imported. docs/archives.md shows it from
outside.
"""
