"""namerd's place: dtabs by namespace, kept in a storage, and names bound by them, over HTTP.

``storage`` says what a store of dtabs does; ``memory`` and ``directory`` are two. ``names`` says
what a name is bound to (pure), ``dtabs_api`` and ``names_api`` are the pages, ``app`` wires all.
"""
