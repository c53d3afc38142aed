window.env = "${ENV}";
