# tests of registry (core): nothing yet
