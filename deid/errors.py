"""Every error of the engine: messages name tables, files and lines, never a person's value."""

from __future__ import annotations


class CareCommonsError(Exception):
    """Root of all errors of the project.

    ``code`` is stable and machine-readable; ``public`` says whether the message may be shown to a
    user of the portal; ``exit_code`` is what the command line returns (1 refused, 2 wrong usage).
    """

    code = "error"
    public = False
    exit_code = 1


class DeidError(CareCommonsError):
    """Root of the engine's errors."""

    code = "deid"


class ConfigurationError(CareCommonsError):
    """A setting is missing, unknown or malformed."""

    code = "configuration"
    exit_code = 2


class KeyUnavailable(DeidError):
    """The keyring cannot be read, is readable by others, or holds no usable key."""

    code = "deid.key_unavailable"


class KeyDestroyed(KeyUnavailable):
    """The key was destroyed on purpose; what was built with it cannot be traced back."""

    code = "deid.key_destroyed"


class PseudonymCollision(DeidError):
    """Two source ids received one pseudonym; nothing may be written."""

    code = "deid.pseudonym_collision"


class PolicyError(DeidError):
    """A policy file is malformed or contradicts itself."""

    code = "deid.policy"


class UncoveredColumn(PolicyError):
    """The vault holds a table or column that the policy does not name."""

    code = "deid.uncovered_column"


class VaultError(DeidError):
    """The vault cannot be opened or is not at the expected schema version."""

    code = "deid.vault"


class ImportRefused(DeidError):
    """A whole import was refused; nothing of it was loaded."""

    code = "deid.import_refused"


class ExportRefused(DeidError):
    """An export from the vault was refused; nothing of it is left."""

    code = "deid.export_refused"


class FormError(DeidError):
    """A file that describes the resident-record forms is malformed or contradicts itself."""

    code = "deid.form"


class SparkUnavailable(DeidError):
    """Apache Spark, or what it needs, is not installed or does not start."""

    code = "deid.spark_unavailable"


class TextRefused(DeidError):
    """A text cannot be scrubbed safely."""

    code = "deid.text_refused"


class LeakFound(DeidError):
    """An identifier of the vault was found in what would have been published."""

    code = "deid.leak_found"


class GateRefused(DeidError):
    """A measured risk is over the policy's threshold; nothing was published.

    ``failed`` names the thresholds.
    """

    code = "deid.gate_refused"

    def __init__(self, message: str, failed: tuple[str, ...] = ()) -> None:
        super().__init__(message)
        self.failed = failed


class ReleaseError(DeidError):
    """Root of errors about a release directory."""

    code = "deid.release"
    public = True


class ReleaseNotFound(ReleaseError):
    """There is no published release of that name."""

    code = "deid.release_not_found"


class ReleaseAlreadyExists(ReleaseError):
    """A release of that name is published already; releases never change."""

    code = "deid.release_exists"


class ManifestMismatch(ReleaseError):
    """A release's files are not what its manifest says."""

    code = "deid.manifest_mismatch"


class CertificateInvalid(ManifestMismatch):
    """A release has no certificate, or one that is not its own or not rightly signed."""

    code = "deid.certificate"


class VocabularyError(DeidError):
    """Files of a vocabulary are missing, malformed or contradict each other."""

    code = "deid.vocabulary"


class GrammarError(DeidError):
    """A grammar that notes are written by cannot be parsed or names what there is not."""

    code = "deid.grammar"


class TableRefused(DeidError):
    """A table cannot be anonymised as asked; nothing was written."""

    code = "deid.table_refused"


class HierarchyError(TableRefused):
    """A generalisation hierarchy is malformed, or lacks a value of its column."""

    code = "deid.hierarchy"


class RequestContradictory(TableRefused):
    """What was asked of an anonymised table cannot be met by any table."""

    code = "deid.request_contradictory"
    exit_code = 2
