# Completion of lmpack in fish: the program says itself how, once in each shell.
lmpack completion fish 2>/dev/null | source
