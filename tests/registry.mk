# tests of registry: nothing yet
