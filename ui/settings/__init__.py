"""The settings: sections beside each other, each validated as it is typed; what costs is asked about first."""
