# tools/: nothing yet
