"""The community profile: figures by area and year for those who plan care, safe to be shown.

:mod:`indicators` says what each figure is, :mod:`person_years` counts it over a release,
:mod:`profile` shows the counts through :mod:`cohorts.linked_tables`.
"""
