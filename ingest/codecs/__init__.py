"""One codec for each kind of topic: pure functions from raw bytes to what they say."""
