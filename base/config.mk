# configuration: nothing yet
