"""Writes an archive with an OCI image of three layers: image.py NAME PROGRAM ARCHIVE."""

import hashlib
import io
import json
import sys
import tarfile

name, program, archive = sys.argv[1:]


def tar(files, mode):
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as target:
        for path, data in files.items():
            entry = tarfile.TarInfo(path)
            entry.size, entry.mode = len(data), mode
            target.addfile(entry, io.BytesIO(data))
    return buffer.getvalue()


blobs = {}


def blob(data, kind):
    digest = hashlib.sha256(data).hexdigest()
    blobs[f"blobs/sha256/{digest}"] = data
    return {"digest": f"sha256:{digest}", "size": len(data), "mediaType": f"application/vnd.oci.image.{kind}"}


def text(value):
    return json.dumps(value).encode()


with open(program, "rb") as file:
    layers = [{"tool": file.read(), "etc/one": b"one"}, {"etc/two": b"two"}, {"etc/one": b"changed", "etc/.wh.two": b""}]
described = [blob(tar(files, 0o755), "layer.v1.tar") for files in layers]
config = blob(
    text({
        "architecture": "amd64",
        "os": "linux",
        "config": {"Cmd": ["/tool"]},
        "rootfs": {"type": "layers", "diff_ids": [layer["digest"] for layer in described]},
    }),
    "config.v1+json",
)
manifest = blob(text({"schemaVersion": 2, "config": config, "layers": described}), "manifest.v1+json")
manifest["annotations"] = {"io.containerd.image.name": name}

with open(archive, "wb") as file:
    index = text({"schemaVersion": 2, "manifests": [manifest]})
    file.write(tar({"oci-layout": b'{"imageLayoutVersion":"1.0.0"}', "index.json": index, **blobs}, 0o644))
