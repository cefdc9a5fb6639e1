"""What is being given, to whom, and how we know: the profile of a trial with its evidence."""

from transforms.profile.evidence import rule_version
from transforms.profile.study import StudyProfile, profile_study

__all__ = ["StudyProfile", "profile_study", "rule_version"]
