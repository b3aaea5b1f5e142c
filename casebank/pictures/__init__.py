"""Pictures of a case as SVG, each with a table of equal content.

``genogram`` and ``ecomap`` draw family and surroundings on the ``canvas`` that timeline and flow
sheets (``casebank.svg``) share.
"""
