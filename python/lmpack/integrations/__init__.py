"""What lmpack is inside of other libraries: each file is imported only when its library asks."""
