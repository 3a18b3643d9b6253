"""Where the bytes of attachments lie: a folder of DATA_DIR, or a bucket that speaks S3."""

from __future__ import annotations

import importlib.util
from typing import Any

from django.core.exceptions import ImproperlyConfigured

from config import env


def storage() -> dict[str, Any]:
    """Django's storage for files, from S3_BUCKET and its sisters; the disk without them.

    Nobody gets an address of the bucket: files are read through the product, which asks who wants them. So the bucket
    stays private. Without keys the machine's own role is used.
    """
    bucket, prefix, region = env.text("S3_BUCKET"), env.text("S3_PREFIX"), env.text("S3_REGION")
    key, secret = env.text("S3_ACCESS_KEY"), env.text("S3_SECRET_KEY")
    endpoint = env.url("S3_ENDPOINT", schemes=("https", "http"))
    if not bucket:
        if any((prefix, region, key, secret, endpoint)):
            raise ImproperlyConfigured("S3_BUCKET is empty, though other S3_ variables are set.")
        return {"BACKEND": "django.core.files.storage.FileSystemStorage"}
    if bool(key) != bool(secret):
        raise ImproperlyConfigured("Set both S3_ACCESS_KEY and S3_SECRET_KEY, or neither.")
    if importlib.util.find_spec("boto3") is None:
        raise ImproperlyConfigured("S3_BUCKET is set, which needs: pip install -r requirements-s3.txt")
    from botocore.config import Config

    return {
        "BACKEND": "storages.backends.s3.S3Storage",
        "OPTIONS": {
            "bucket_name": bucket,
            "endpoint_url": endpoint.geturl() if endpoint else None,
            "region_name": region or None,
            "access_key": key or None,
            "secret_key": secret or None,
            "location": prefix.strip("/"),
            "default_acl": None,
            "file_overwrite": False,
            "client_config": Config(
                signature_version="s3v4",
                connect_timeout=5,
                read_timeout=30,
                retries={"max_attempts": 3},
                # Not every store that speaks S3 knows the newer checksums, or buckets as host names.
                request_checksum_calculation="when_required",
                response_checksum_validation="when_required",
                s3={"addressing_style": "path" if endpoint else "auto"},
            ),
        },
    }
