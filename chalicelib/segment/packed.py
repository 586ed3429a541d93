"""Named arrays as bytes and back, without pickles; what lies in S3 between two steps of a computation."""

import io
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Array = NDArray[Any]


def pack(arrays: "Mapping[str, Array]") -> bytes:
    """Uncompressed: the bucket compresses."""
    import numpy as np

    packed = io.BytesIO()
    held: dict[str, Any] = dict(arrays)
    np.savez(packed, **held)
    return packed.getvalue()


def unpack(raw: bytes) -> "dict[str, Array]":
    import numpy as np

    with np.load(io.BytesIO(raw), allow_pickle=False) as held:
        return {name: held[name] for name in held.files}
