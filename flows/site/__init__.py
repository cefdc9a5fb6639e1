"""The site: a folder of pages, one for each trial, product, sponsor and disease, from the published file.

It works from a folder and from any static server, and asks no other host for anything. What it shows of a trial and of
all of them comes from the parts of the report; only what a page for each thing needs is here.
"""
