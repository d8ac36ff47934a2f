# registry (zookeeper): nothing yet
