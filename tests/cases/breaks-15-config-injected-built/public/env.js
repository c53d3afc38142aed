window.env = { api: '__API_URL__' }
