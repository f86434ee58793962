"""Settings from the environment, `.streamlit/secrets.toml` and `/run/secrets`, read once into one frozen value."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Annotated, Any

from pydantic import AliasChoices, Field, SecretStr, field_validator
from pydantic_settings import (
    BaseSettings,
    NoDecode,
    PydanticBaseSettingsSource,
    SecretsSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)

ROOT = Path(__file__).parent.parent
SECRETS = Path("/run/secrets")
DRAIN_S = 1800.0
"""The longest call, the time to read it back, and the report."""


class Settings(BaseSettings):
    """All names are environment variables in upper case. Secrets never show in `repr`, and an empty value is unset.

    `docs/configuration.md` has a row for each; a test keeps it complete.
    """

    model_config = SettingsConfigDict(frozen=True, extra="ignore", env_ignore_empty=True, hide_input_in_errors=True)

    database_url: SecretStr = SecretStr(f"sqlite:///{ROOT / 'var' / 'syntaxia.db'}")
    app_url: str = "http://localhost:8501"
    cookie_secret: SecretStr | None = None
    """Signs the visitor cookie; unset: a key is made once and kept beside the database."""
    var_dir: Path = ROOT / "var"

    oidc_client_id: str | None = None
    oidc_client_secret: SecretStr | None = None
    oidc_metadata_url: str | None = None
    """Ends in `/.well-known/openid-configuration`. Without all three nobody signs in and everybody is a guest."""
    oidc_label: str = "Sign in"
    """What the button says, such as "Sign in with Okta"."""
    sign_in_max_age_s: float = 12 * 3600
    guests_enabled: bool = True
    guest_credits: int | None = None
    """Unset: one interview's where people can sign in, else `signup_credits`."""
    admin_emails: str = ""
    """Verified addresses with commas between them."""
    admin_claim: str = ""
    """A claim and the value it must hold: `groups:syntaxia-admins`."""

    quotas: dict[str, dict[str, str | None]] | None = None
    """JSON: changes of the table in `identity/quotas.py`, such as {"begin": {"guest": "2/day", "address": null}}."""
    guests_usd_per_day: Decimal | None = None
    """At this known cost of a UTC day, no guest can begin another call by a paid voice."""
    redis_url: SecretStr | None = None
    """Where several processes count quotas together; unset, each counts in memory."""
    replica_count: int = 1
    """How many processes share the quotas while Redis is away: each then allows its part."""
    replica: str = Field("main", pattern=r"^[a-z0-9][a-z0-9-]{0,31}$")
    """This server's own name among those that share a PostgreSQL database; the proxy follows it in a cookie."""
    drain_s: float | None = None
    """How long a SIGTERM waits for calls and reports to end; unset: half an hour with PostgreSQL, else not at all."""
    alert_webhook_url: SecretStr | None = None
    cors_origins: str = ""
    """Exact origins with commas between them; empty: no other origin may read the API's answers."""
    direct_tokens: bool = False
    """Whether signed-in visitors may be given a vendor's ephemeral token; see docs/identity.md for what that costs."""

    signup_credits: int = 60
    interview_cost_credits: int = 15
    free_window_s: float = 120
    interview_limit_s: float = 900
    wrap_up_s: float = 60
    rejoin_grace_s: float = 60
    readback_s: float = 600
    """How long the candidate may read and correct their words before the report is made from what is there."""
    readback_wait_s: float = 60
    """How long the report waits for somebody to come and read; 0: for nobody."""
    max_live_calls: int | None = Field(None, ge=1)
    """Beyond this the next candidate is told that all lines are busy; only calls with a microphone's audio count.
    Unset: as many as this machine's cores and its speed at encoding audio allow."""
    max_lag_ms: float = Field(60, ge=0)
    """While the event loop often wakes up later than this, no other call begins beside the running ones; 0: never
    mind. A browser's player has about so much in hand."""
    unheard_s: float = 8
    """How long a call without any audio may keep its place when others wait for one."""
    max_connecting: int = Field(100, ge=1)
    """Voice lines of all tabs that are offered and have not connected yet; each may take 20 s."""
    max_connections: int = 1000
    """Plain HTTP connections at once; beyond it they are answered with 503. Open pages do not count among them."""
    max_pages: int = Field(1000, ge=4)
    """Open pages, and those closed within two minutes, which Streamlit still keeps; one address gets a quarter."""
    request_head_s: float = 10
    """How long a connection may take to say what it wants."""
    uploads_mb: int = 64
    """Of all visitors' files that wait to be read, together; beyond it the oldest go."""

    langfuse_public_key: str | None = None
    langfuse_secret_key: SecretStr | None = None
    langfuse_host: str = "https://cloud.langfuse.com"
    trace_content: bool = False
    """Whether what candidates and Ema say goes into traces; off, only figures do."""
    max_usd_per_interview: Decimal | None = None
    """At this known cost of its voice, Ema wraps an interview up."""
    max_usd_per_day: Decimal | None = None
    """At this known cost of a UTC day, nobody can begin another interview."""
    metrics_token: SecretStr | None = None
    """Lets others than this machine read /metrics, as a bearer token."""

    mcp_servers: Annotated[tuple[Any, ...], NoDecode] = ()
    """JSON list of the servers whose tools Ema may call; see docs/tools.md."""
    company_facts: Path | None = None
    """A Markdown file from which she answers questions about the company and the team."""

    turn_url: str = ""
    """Addresses of one TURN server as browsers want them, with commas: `turn:host:3478?transport=udp`. Each call gets
    credentials of its own. The server itself uses the first."""
    turn_secret: SecretStr | None = None
    """coturn's `static-auth-secret`."""
    turn_ttl_s: float = Field(90, ge=10, le=3600)
    """How long a call's credentials open the relay; a call that has begun goes on."""
    udp_ports: str = Field("", pattern=r"^(\d{4,5}-\d{4,5})?$")
    """Range of the UDP ports that calls use here, such as 50000-50199; empty: any."""
    ice_servers: Annotated[tuple[dict[str, Any], ...], NoDecode] = ()

    speech_recogniser: str | None = None
    """Another local engine for the offline interviewer's captions, `module:callable`; see `offline/recognition.py`."""

    model_dir: Path | None = None
    """A CTranslate2 Whisper model instead of the packaged one."""

    ema_voice: Path | None = None
    """A Piper model, `NAME.onnx`, for the offline interviewer instead of espeak-ng."""

    second_witness: str = ""
    """`local`: this server's recogniser hears the candidate on other voices' calls too; see docs/ears.md."""

    elevenlabs_api_key: SecretStr | None = None
    elevenlabs_agent_id: str | None = None
    elevenlabs_voice_id: str | None = None
    elevenlabs_base_url: str | None = None
    openai_api_key: SecretStr | None = None
    openai_base_url: str | None = None
    openai_realtime_model: str = "gpt-realtime-2.1"
    openai_text_model: str | None = None
    xai_api_key: SecretStr | None = None
    xai_base_url: str | None = None
    xai_voice_model: str = "grok-voice-3.0"
    xai_text_model: str | None = None
    xai_enabled: bool = True
    gemini_api_key: SecretStr | None = Field(
        None, validation_alias=AliasChoices("gemini_api_key", "google_api_key", "google_generative_ai_api_key")
    )
    gemini_base_url: str | None = None
    gemini_live_model: str = "gemini-3.8-live"
    gemini_text_model: str = "gemini-3.8-flash"

    @property
    def sign_in_configured(self) -> bool:
        return bool(self.oidc_client_id and self.oidc_client_secret and self.oidc_metadata_url)

    @property
    def shares_database(self) -> bool:
        """Other servers may work on the same interviews. A SQLite file has one."""
        return self.database_url.get_secret_value().startswith("postgres")

    @property
    def turn_urls(self) -> tuple[str, ...]:
        return tuple(url.strip() for url in self.turn_url.split(",") if url.strip())

    @property
    def udp_range(self) -> range | None:
        first, _, last = self.udp_ports.partition("-")
        return range(int(first), int(last) + 1) if last else None

    @property
    def drains_for_s(self) -> float:
        if self.drain_s is not None:
            return self.drain_s
        return DRAIN_S if self.shares_database else 0.0

    @property
    def allowed_origins(self) -> list[str]:
        return [origin.strip().rstrip("/") for origin in self.cors_origins.split(",") if origin.strip()]

    @property
    def credits_for_guests(self) -> int:
        if self.guest_credits is not None:
            return self.guest_credits
        return min(self.signup_credits, self.interview_cost_credits) if self.sign_in_configured else self.signup_credits

    @field_validator("turn_url")
    @classmethod
    def _turn_url(cls, value: str) -> str:
        if any(not url.strip().startswith(("turn:", "turns:")) for url in value.split(",") if url.strip()):
            raise ValueError(
                "TURN_URL must begin with turn: or turns:, such as turn:turn.example.org:3478?transport=udp"
            )
        return value

    @field_validator("udp_ports")
    @classmethod
    def _udp_ports(cls, value: str) -> str:
        first, _, last = value.partition("-")
        if last and not 1024 <= int(first) <= int(last) <= 65535:
            raise ValueError("UDP_PORTS must be a range of ports, such as 50000-50199")
        return value

    @field_validator("second_witness")
    @classmethod
    def _second_witness(cls, value: str) -> str:
        if value not in ("", "local"):
            raise ValueError("SECOND_WITNESS is local, or unset")
        return value

    @field_validator("ice_servers", mode="before")
    @classmethod
    def _ice_servers(cls, value: Any) -> Any:
        import json

        try:
            return tuple(json.loads(value)) if isinstance(value, str) else value
        except json.JSONDecodeError:
            raise ValueError('ICE_SERVERS must be a JSON list such as [{"urls": "stun:stun.example.org"}]') from None

    @field_validator("mcp_servers", mode="before")
    @classmethod
    def _mcp_servers(cls, value: Any) -> Any:
        import json

        try:
            servers = json.loads(value) if isinstance(value, str) else value
        except json.JSONDecodeError:
            servers = None
        if not isinstance(servers, list | tuple):
            raise ValueError(
                'MCP_SERVERS must be a JSON list such as [{"label": "jobs", "url": "…", "tools": ["find"]}]'
            )
        return tuple(servers)

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        # Streamlit writes top-level secrets in the operator's own case, mostly upper; pydantic wants field names.
        toml = TomlConfigSettingsSource(settings_cls, toml_file=ROOT / ".streamlit" / "secrets.toml")
        toml.toml_data = {key.lower(): value for key, value in toml.toml_data.items()}
        toml.init_kwargs = toml.toml_data
        # Compose and Kubernetes mount each secret as a file of its name.
        files = (SecretsSettingsSource(settings_cls, secrets_dir=SECRETS),) if SECRETS.is_dir() else ()
        return init_settings, env_settings, toml, *files
