"""The connector to the city lifeline platform (城市生命线): what goes out to it, and what comes back."""
