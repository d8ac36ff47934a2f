# examples/: nothing yet
