import os
import setup_votes

os.makedirs("/var/log", exist_ok=True)
os.makedirs("/votes/today", exist_ok=True)
os.makedirs("/ballot/cache", exist_ok=True)
open("/tmp/lock", "w").close()
open("/dev/stdout", "w").write("up")
open("/votes/first", "w").close()
open("/var/spool/ballot/queue", "a").close()
open("/var/lib/open/any", "w").close()
open("/ballot/state", "w").close()
open("/etc/hosts")
