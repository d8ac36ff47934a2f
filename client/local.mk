# client/: nothing yet
