# tests of configuration: nothing yet
