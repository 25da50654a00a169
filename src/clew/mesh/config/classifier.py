"""``responseClassifier``: which answers are failures, and which of those are tried again."""

from __future__ import annotations

from typing import ClassVar

from clew.mesh.config.section import KindSection

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


ResponseClassifier = (
    NonRetryable5XX | RetryableRead5XX | RetryableIdempotent5XX | RetryableAll5XX | AllSuccessful
)
