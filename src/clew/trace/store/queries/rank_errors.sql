max(error)
