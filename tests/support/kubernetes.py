"""The part of Kubernetes' API that our manifest uses: a field that is not here is a slip of the pen, or is added here."""

import re

_METADATA = {"name": str, "labels": {str: str}}
_CONTAINER = {
    "name": str, "image": str, "command": [str], "args": [str],
    "ports": [{"name": str, "containerPort": int, "protocol": str}],
    "securityContext": {"allowPrivilegeEscalation": bool, "readOnlyRootFilesystem": bool, "capabilities": {"drop": [str]}},
    "readinessProbe": {"exec": {"command": [str]}, "periodSeconds": int},
    "resources": {"requests": {str: str}, "limits": {str: str}},
    "volumeMounts": [{"name": str, "mountPath": str, "readOnly": bool}],
}
_POD = {
    "automountServiceAccountToken": bool, "enableServiceLinks": bool, "terminationGracePeriodSeconds": int,
    "securityContext": {"runAsNonRoot": bool, "runAsUser": int, "runAsGroup": int, "fsGroup": int,
                        "seccompProfile": {"type": str}},
    "containers": [_CONTAINER],
    "volumes": [{"name": str, "emptyDir": {"medium": str, "sizeLimit": str},
                 "secret": {"secretName": str, "defaultMode": int}}],
}
_KINDS = {
    ("apps/v1", "Deployment"): {
        "replicas": int, "strategy": {"type": str}, "selector": {"matchLabels": {str: str}},
        "template": {"metadata": {"labels": {str: str}}, "spec": _POD}},
    ("v1", "Service"): {"selector": {str: str}, "ports": [{"name": str, "port": int, "targetPort": (str, int)}]},
}


def check(resource):
    """Raises AssertionError that names the first field that the API does not have, or not with such a value."""
    kind = (resource["apiVersion"], resource["kind"])
    _check(resource, {"apiVersion": str, "kind": str, "metadata": _METADATA, "spec": _KINDS[kind]}, kind[1])
    assert re.fullmatch(r"[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?", resource["metadata"]["name"])


def _check(value, schema, where):
    if isinstance(schema, dict):
        assert isinstance(value, dict), where
        for key, part in value.items():
            assert isinstance(key, str) and (key in schema or str in schema), f"{where}.{key}"
            _check(part, schema.get(key, schema.get(str)), f"{where}.{key}")
    elif isinstance(schema, list):
        assert isinstance(value, list), where
        for number, part in enumerate(value):
            _check(part, schema[0], f"{where}[{number}]")
    else:
        assert isinstance(value, schema) and (schema is bool or not isinstance(value, bool)), f"{where}: {value!r}"
