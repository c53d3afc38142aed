resource "x" "y" {
  container_port = 80
}
