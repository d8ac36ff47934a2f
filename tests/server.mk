# tests of server: nothing yet
