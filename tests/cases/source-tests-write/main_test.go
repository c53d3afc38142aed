package main

import "os"

func helper() { os.Create("x") }
