"""The app: window, tray icon, quick search. Speaks to `finder.service.client` and to nothing else of the engine."""
