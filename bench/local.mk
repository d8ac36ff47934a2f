# bench/: nothing yet
