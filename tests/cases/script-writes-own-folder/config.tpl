{ "key": "$KEY" }
