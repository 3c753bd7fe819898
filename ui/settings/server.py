"""A server of one's own that computes: its address and model, checked while they are typed, and who is sent what."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from finder.config import SERVER
from finder.errors import FinderError
from ui.asking import ask
from ui.settings.choices import Choices
from ui.settings.form import Form, beside, field
from ui.theme.check import Check
from ui.theme.widgets import Button, Label

if TYPE_CHECKING:
    from finder.types import JsonObject
    from ui.tools import Tools

_THIS_COMPUTER = frozenset({"localhost", "127.0.0.1", "::1"})


class ServerSection(Form):
    """Nothing is sent before it is agreed to who gets it."""

    def __init__(self, tools: Tools, choices: Choices) -> None:
        super().__init__()
        self._tools, self._choices = tools, choices
        self.url, self.model, self.key_file = field(placeholder="https://"), field(), field()
        self.allows_http = Check()
        self.use = Button(self.tr("Use this server …"), "primary")
        self.fault = Label("", "body", "warn", is_wrapped=True)
        self._build()
        self._fields = (self.url, self.model, self.key_file)
        for typed in self._fields:
            typed.textChanged.connect(self._check)
        self.allows_http.toggled.connect(self._check)
        self.use.clicked.connect(self._ask_what_it_takes)
        choices.changed.connect(self._show)
        self._show()

    def _build(self) -> None:
        self.head(
            self.tr("A server of your own"),
            self.tr(
                "A computer with a large graphics card can compute for this one. The text of your files and of your "
                "questions is sent there. Not needed for anything: without one all is computed here."
            ),
        )
        self.line(self.tr("Address"), self.tr("Of an interface like OpenAI's, mostly ending in /v1"), self.url)
        self.line(self.tr("Model"), self.tr("What the server calls it"), self.model)
        self.line(
            self.tr("Key file"), self.tr("Holds the server's key, for you alone to read; often none"), self.key_file
        )
        self.line(
            self.tr("Allow an unencrypted way"),
            self.tr("To another computer by http: whoever is in between can read along."),
            self.allows_http,
        )
        self.add(beside(self.fault, self.use))
        self.end()

    def _show(self) -> None:
        server = self._choices.now.server
        if not any(typed.isModified() for typed in self._fields):
            self.url.setText(", ".join(server.urls))
            self.model.setText(server.model)
            self.key_file.setText(server.key_file)
            self.allows_http.setChecked(server.allows_http)
        self._check()

    @property
    def _urls(self) -> list[str]:
        return [part.strip() for part in self.url.text().split(",") if part.strip()]

    def _check(self) -> None:
        """Say what is missing, before the service is asked."""
        fault = self._fault()
        self.fault.setText(fault if self._urls else "")
        self.use.setEnabled(not fault)

    def _fault(self) -> str:
        if not self._urls:
            return self.tr("An address is missing.")
        for url in self._urls:
            try:
                parts = urlsplit(url)
                host, is_sound = parts.hostname, parts.scheme in ("http", "https")
            except ValueError:
                host, is_sound = None, False
            if not is_sound or not host:
                return self.tr("An address begins with https:// or http:// and names a computer.")
            if parts.scheme == "http" and host not in _THIS_COMPUTER and not self.allows_http.isChecked():
                return self.tr("To another computer the way is to be https, or allowed to be unencrypted.")
        return "" if self.model.text().strip() else self.tr("The model's name is missing.")

    def _params(self) -> JsonObject:
        server = {
            "urls": self._urls,
            "model": self.model.text().strip(),
            "key_file": self.key_file.text().strip(),
            "allows_http": self.allows_http.isChecked(),
        }
        return {"model": SERVER, "server": server}

    def _ask_what_it_takes(self) -> None:
        params = self._params()
        self._tools.link.call("model_cost", params, on_final=partial(self._ask, params), on_error=self._choices.tell)

    def _ask(self, params: JsonObject, cost: Any) -> None:
        recipients = ", ".join(cost["recipients"])
        ask(
            self.window(),
            self.tr("Send the text of your files and questions to %1?").replace("%1", recipients),
            self.tr(
                "%Ln passages are embedded there; all of them again where the model is another one than before. The "
                "present model answers meanwhile.",
                "",
                cost["passages"],
            ),
            self.tr("Send and use it"),
            lambda: self._use(params),
        )

    def _use(self, params: JsonObject) -> None:
        self.fault.setText(self.tr("The server is asked what it is …"))
        self._tools.link.call("use_model", params, on_final=self._has_changed, on_error=self._tell)

    def _tell(self, error: FinderError) -> None:
        self._check()
        self._choices.tell(error)

    def _has_changed(self, result: JsonObject) -> None:
        for typed in self._fields:
            typed.setModified(False)
        self._choices.look_again()
