"""The report: one HTML file from the published warehouse that opens offline in any browser.

    build.py       build_report: read, compose, write in one step
    contents.py    everything the page shows, read in one go; facets of the trial table
    reading.py     rows of the published file, by sql/*.sql and the named trend queries
    dossier.py     all that is shown of one trial: facts, profile with reasons, history, papers
    quoting.py     the sentence around the words that decided
    panels.py      dossiers as compact JSON for the page's script
    trends.py      the charts, one function each              figure.py   their shapes, and the table behind each
    findings.py    titles that say what the data says         words.py    how things are called
    drawing.py     bars, columns, grid and map as HTML and SVG    land.py     coarse outline of the continents
    charts.py      the same charts as Vega-Lite, to copy      flow.py     the flow diagram
    page.py        templates/ (page, style, script) and data into one file

`cartrials show` prints the same dossiers.
"""
