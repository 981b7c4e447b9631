"""What a page does when its server is gone: it says so, and comes back by itself."""

from __future__ import annotations

from panel.custom import JSComponent

from stoat_nb.components.assets import script


class Connection(JSComponent):
    """Draws nothing while the server answers; put one on a page of your own that is served.

    When the connection is lost the page says so, greys its controls and stops its clocks. Once the
    server answers, which may be another one at the same address, the page is loaded again: what it
    showed is in its address.

    Examples
    --------
    >>> import panel as pn
    >>> from stoat_nb.components.connection import Connection
    >>> pn.Column("My own page", Connection()).servable()  # doctest: +SKIP
    """

    _esm = script("connection.js")
