"""Chinese: patterns, lexicon, contexts and surrogates of notes in Chinese."""
