"""What a run is given: settings, watchlist, what lies outside its folder, and how files of people are read."""
