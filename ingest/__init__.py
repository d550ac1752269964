"""From an MQTT frame to validated samples: topics, codecs, clock rules, continuity, the MQTT shell."""
