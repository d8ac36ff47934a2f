# codec/: nothing yet
