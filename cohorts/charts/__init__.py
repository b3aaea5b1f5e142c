"""Charts of characterisations as SVG, drawn on the server from results that may be shown.

A chart has a title and a description for screen readers, tells things apart by place, words, dashes
and patterns and never by colour alone, and holds no script and no style: colours are presentation
attributes, which a page's style sheet may override by class. Equal results give equal bytes.
"""
