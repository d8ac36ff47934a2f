# tests of codec: nothing yet
