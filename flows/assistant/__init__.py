"""Assistants that ask: a Model Context Protocol server over the published file, read-only.

answers    what every answer holds, and how large it may get
tools      what may be asked, each a function of the data folder
server     the tools by the official SDK, on standard input and output
"""
