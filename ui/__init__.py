"""The app: window, tray icon, quick search. Of the engine it knows `finder.service.client` and the leaves alone.

Rooms: `theme` (colours, type, icons), `words` (languages), `search` (the Find page), `results` (the list of files),
`preview` (the pane beside it). `link` speaks to the service, `opening` to the desktop, `window` holds the pages.
"""
