"""
open("/var/log/example.log", "w")
"""
