# docs/: nothing yet
