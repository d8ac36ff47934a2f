# tests of registry (zookeeper): nothing yet
