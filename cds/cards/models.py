"""The models of ``fhir.resources`` for R4, against which suggestions are validated when a plan is loaded."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fhir.resources.R4B import get_fhir_model_class


def r4_problem(resource: Mapping[str, Any]) -> str:
    """What is structurally wrong with an R4 resource; empty when nothing is."""
    try:
        get_fhir_model_class(str(resource["resourceType"])).model_validate(resource)
    except ValueError as problem:  # pydantic's errors are ValueErrors
        return " ".join(str(problem).split())
    return ""
