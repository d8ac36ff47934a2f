# selector/: nothing yet
