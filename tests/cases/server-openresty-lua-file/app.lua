ngx.say("tea")
