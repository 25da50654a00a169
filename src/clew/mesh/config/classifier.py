"""``responseClassifier``: which answers are failures, and which of those are tried again."""

from __future__ import annotations

from typing import Annotated, ClassVar

from clew.mesh.config.section import KindSection, Rule

_READ = frozenset({"GET", "HEAD", "OPTIONS", "TRACE"})
_IDEMPOTENT = _READ | {"PUT", "DELETE"}
_ALL = _IDEMPOTENT | {"PATCH", "POST"}


class _Classifier(KindSection, frozen=True, kw_only=True):
    """Statuses 500 to 599 and lost connections are failures."""

    retryable_methods: ClassVar[frozenset[str]] = frozenset()
    """Methods whose failures may be tried again."""


class NonRetryable5XX(_Classifier, frozen=True, kw_only=True, tag="io.l5d.http.nonRetryable5XX"):
    """No failure is tried again."""


class RetryableRead5XX(_Classifier, frozen=True, kw_only=True, tag="io.l5d.http.retryableRead5XX"):
    """Failures of methods that only read are tried again."""

    retryable_methods = _READ


class RetryableIdempotent5XX(
    _Classifier, frozen=True, kw_only=True, tag="io.l5d.http.retryableIdempotent5XX"
):
    """Failures of methods that may be done twice are tried again."""

    retryable_methods = _IDEMPOTENT


class RetryableAll5XX(_Classifier, frozen=True, kw_only=True, tag="io.l5d.http.retryableAll5XX"):
    """All failures but those of CONNECT are tried again."""

    retryable_methods = _ALL


class AllSuccessful(_Classifier, frozen=True, kw_only=True, tag="io.l5d.http.allSuccessful"):
    """Every answer is a success; only a lost connection is a failure."""


class H2NonRetryable5XX(
    NonRetryable5XX, frozen=True, kw_only=True, tag="io.l5d.h2.nonRetryable5XX"
):
    """No failure is tried again."""


class H2RetryableRead5XX(
    RetryableRead5XX, frozen=True, kw_only=True, tag="io.l5d.h2.retryableRead5XX"
):
    """Failures of methods that only read are tried again."""


class H2RetryableIdempotent5XX(
    RetryableIdempotent5XX, frozen=True, kw_only=True, tag="io.l5d.h2.retryableIdempotent5XX"
):
    """Failures of methods that may be done twice are tried again."""


class H2RetryableAll5XX(
    RetryableAll5XX, frozen=True, kw_only=True, tag="io.l5d.h2.retryableAll5XX"
):
    """All failures but those of CONNECT are tried again."""


class H2AllSuccessful(AllSuccessful, frozen=True, kw_only=True, tag="io.l5d.h2.allSuccessful"):
    """Every answer is a success; only a lost connection is a failure."""


GrpcStatus = Annotated[int, Rule(lambda code: 0 <= code <= 16, "a gRPC status code (0 to 16)")]
UNAVAILABLE = 14


class GrpcClassifier(_Classifier, frozen=True, kw_only=True):
    """Failures are told by gRPC's status. Only a call that fails before its first message can be
    tried again, since Envoy has by then sent the beginning of the others."""

    retryable_http_statuses: ClassVar[tuple[int, ...]] = ()
    """Of answers that are no gRPC."""

    success_status_codes: tuple[GrpcStatus, ...] = (0,)

    @property
    def retryable_grpc_statuses(self) -> frozenset[int]:
        """Never one that is a success."""
        return frozenset({UNAVAILABLE}) - {*self.success_status_codes}


class GrpcDefault(GrpcClassifier, frozen=True, kw_only=True, tag="io.l5d.h2.grpc.default"):
    """UNAVAILABLE (14) is tried again."""


class GrpcCompliant(GrpcClassifier, frozen=True, kw_only=True, tag="io.l5d.h2.grpc.compliant"):
    """UNAVAILABLE (14) and HTTP statuses 429, 502, 503 and 504 are tried again."""

    retryable_http_statuses = (429, 502, 503, 504)


class GrpcAlwaysRetryable(
    GrpcClassifier, frozen=True, kw_only=True, tag="io.l5d.h2.grpc.alwaysRetryable"
):
    """All failures are tried again."""

    @property
    def retryable_grpc_statuses(self) -> frozenset[int]:
        return frozenset(range(17)) - {*self.success_status_codes}


class GrpcNeverRetryable(
    GrpcClassifier, frozen=True, kw_only=True, tag="io.l5d.h2.grpc.neverRetryable"
):
    """No failure is tried again."""

    @property
    def retryable_grpc_statuses(self) -> frozenset[int]:
        return frozenset()


class GrpcRetryableStatusCodes(
    GrpcClassifier, frozen=True, kw_only=True, tag="io.l5d.h2.grpc.retryableStatusCodes"
):
    """The given statuses are tried again."""

    retryable_status_codes: tuple[GrpcStatus, ...]

    @property
    def retryable_grpc_statuses(self) -> frozenset[int]:
        return frozenset(self.retryable_status_codes) - {*self.success_status_codes}


ResponseClassifier = (
    NonRetryable5XX
    | RetryableRead5XX
    | RetryableIdempotent5XX
    | RetryableAll5XX
    | AllSuccessful
    | H2NonRetryable5XX
    | H2RetryableRead5XX
    | H2RetryableIdempotent5XX
    | H2RetryableAll5XX
    | H2AllSuccessful
    | GrpcDefault
    | GrpcCompliant
    | GrpcAlwaysRetryable
    | GrpcNeverRetryable
    | GrpcRetryableStatusCodes
)
