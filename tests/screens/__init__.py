"""Pictures of every screen: the real app, the real service, made files. Somebody has to look at them."""
