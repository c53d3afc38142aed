package main

import "os"

func main() {
	file, _ := os.Create("rates.csv")
	file.Close()
}
