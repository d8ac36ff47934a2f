# tests of the HTTP server: nothing yet
