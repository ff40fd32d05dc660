"""Files on the disk, by descriptors and not by paths, whose meaning others can change meanwhile.

The rule is: content fails, attributes warn. What holds content is written whole and synced, or an
error says why not. An attribute that a file system does not take is only said to be lost.
"""
