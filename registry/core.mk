# registry (core): nothing yet
