module gate
