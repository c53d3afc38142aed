require("node:http")
