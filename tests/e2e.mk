# tests of e2e: nothing yet
