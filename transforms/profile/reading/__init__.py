"""How a record is read: texts, sentences, criteria, vocabulary, and what rules find in them."""
