"""Everything that writes into a data folder, killed or failed at moments and at system calls, and run again.

    python -m tests.flows.kills FOLDER --moments 50 --calls 50 --errors 25 --seed 1

    scenarios   what is killed, from which beginning, and which run comes next
    tracing     a process under strace: which calls it makes on which files, killed or failed at one of them
    standing    what stands in a data folder after it, and what of it nobody owns
    told        a mail server and a web server that note what they take
    trying      one try: the beginning, what ends it, the next run, and what is wrong then

Prints one JSON line a try; `complaints` is empty where all is as if nothing had happened.
"""
