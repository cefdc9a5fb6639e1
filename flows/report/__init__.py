"""The report: one HTML file from the published warehouse that opens offline in any browser.

    build.py       build_report: read, compose, write atomically
    reading.py     rows of the published file, by sql/*.sql and the named trend queries
    dossier.py     all that is shown of one trial: facts, profile with reasons, history, papers
    quoting.py     the sentence around the words that decided
    panels.py      dossiers as compact JSON for the page's script
    findings.py    titles that say what the data says
    trends.py      the charts: which query, which title, which picture, which table
    charts.py      Vega-Lite specifications                 land.py     coarse outline of the continents
    flow.py        the flow diagram (SVG)                   words.py    how things are called
    page.py        templates, styles and scripts into one file; scripts.py: Vega's scripts, inline

`cartrials show` prints the same dossiers.
"""
