package main

import "os"

func config() string { home, _ := os.UserHomeDir(); return home + "/clock.yaml" }
