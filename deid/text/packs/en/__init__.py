"""English: patterns, lexicon, contexts and surrogates of notes in English."""
