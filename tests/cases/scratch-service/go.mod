module example.org/echo
