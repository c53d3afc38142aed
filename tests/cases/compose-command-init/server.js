require('express')().listen(9000)
