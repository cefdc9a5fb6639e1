"""The results section of a study becomes rows: what was seen in participants, as posted.

Groups are never pooled and nothing is computed: a number stands beside the text that it was read from. A text that is
no number stays a text, and is named unless it is the registry's own "NA". Group ids are the module's, and of outcome
measures each measure's: rows carry `group_no`, the row of trial_result_groups that is meant.
"""
