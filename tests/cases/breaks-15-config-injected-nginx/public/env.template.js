window.env = { api: '${API_URL}' }
