# tests of selector: nothing yet
