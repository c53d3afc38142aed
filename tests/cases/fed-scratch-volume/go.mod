module board
