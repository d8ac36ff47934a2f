# transport (server side): nothing yet
