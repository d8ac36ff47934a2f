# server/: nothing yet
