# transport/: nothing yet
