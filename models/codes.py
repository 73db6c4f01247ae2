"""The codes that forms offer and files use. What they are called, in each language, is the pages' business."""

SUBJECTS = (
    "science",
    "math",
    "language_arts",
    "social_studies",
    "civics",
    "arts",
    "music",
    "technology",
    "cte",
    "health_pe",
    "world_languages",
    "elementary",
)
"""School subjects; cte is career and technical education, elementary all subjects of one class."""

FORMATS = ("visit", "series", "host", "advise")
"""One visit; several visits to one project; the class comes to the partner; advice to the teacher alone."""

SHARING = ("no_recording", "in_season", "in_person")
"""What a partner asks of those they share with."""

SPOKEN = ("en", "es", "ood", "yaq", "nv", "ar", "vi", "so", "zh", "fr", "ase")
"""Languages offered in forms (ISO 639; ase is American Sign Language). Others are kept as given."""
