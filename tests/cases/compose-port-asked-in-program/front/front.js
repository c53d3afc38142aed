fetch("http://web/stock");
