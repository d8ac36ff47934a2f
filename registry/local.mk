# registry/: nothing yet
