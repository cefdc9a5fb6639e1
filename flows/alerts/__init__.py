"""Alerts: who is told what, once; the ledger, frozen messages, channels, feeds and the operator.

    night's events ── news (pure) ──> ledger ── messages (pure) ──> frozen message ── channel ──> marked
                                         └────> feeds

`announce.announce` is called after each publish, `operator.notify_operator` at the end of each run.
Everything shown comes from the published file; everything remembered is in the journal. Killed at any
point, the next call goes on: nothing is lost, and at most the message in hand is sent again, under the
same Message-ID.
"""
