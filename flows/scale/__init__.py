"""Reading everything: the whole registry, the whole of PubMed, in partitions, on as many machines as there are.

    partitions   what there is to read: one input each
    inputs       a partition's records, whole or not at all
    scanning     one partition: the transforms of every night, Parquet files and a manifest
    shelf        where results lie: a folder or an fsspec URL
    running      all partitions on threads, processes or a Dask cluster, each one Prefect task
    registry     the registry's pages, fetched once and politely, as inputs
    missed       what is in scope and no search found enters the tracker

A partition is a function of its input and the rules: done twice, out of order or elsewhere it says the same.
"""
