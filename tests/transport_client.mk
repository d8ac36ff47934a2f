# tests of the HTTP client: nothing yet
