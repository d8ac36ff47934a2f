# tests of client: nothing yet
