"""The small OMOP vocabulary that ships with the engine."""
