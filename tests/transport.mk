# tests of transport: nothing yet
