# transport (client side): nothing yet
