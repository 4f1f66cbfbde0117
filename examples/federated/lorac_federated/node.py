"""A member of the federation: a model with its adapter, its weights and its own data, behind federated_node.c.

Numbers cross as bytes, little-endian float32, and are never turned into Python's floats on the way.
"""
import ctypes
import hashlib

SIZE = ctypes.POINTER(ctypes.c_size_t)
STATUS = ctypes.POINTER(ctypes.c_int)
CALLS = {  # name: result, arguments
    "node_open": (ctypes.c_void_p, [ctypes.c_char_p, ctypes.c_char_p, ctypes.c_uint64, ctypes.c_int32, ctypes.c_int32, ctypes.c_int, STATUS]),
    "node_close": (None, [ctypes.c_void_p]),
    "node_error": (ctypes.c_char_p, [ctypes.c_void_p]),
    "node_tangents": (ctypes.c_int, [ctypes.c_void_p]),
    "node_adapter": (ctypes.c_void_p, [ctypes.c_void_p, SIZE]),
    "node_state": (ctypes.c_void_p, [ctypes.c_void_p, SIZE]),
    "node_step": (ctypes.c_int64, [ctypes.c_void_p]),
    "node_set_step": (None, [ctypes.c_void_p, ctypes.c_int64]),
    "node_scalars": (ctypes.c_int, [ctypes.c_void_p, ctypes.c_char_p]),
    "node_apply": (ctypes.c_int, [ctypes.c_void_p, ctypes.c_uint64, ctypes.c_int64, ctypes.c_char_p, ctypes.c_int32]),
    "node_train": (ctypes.c_int, [ctypes.c_void_p, ctypes.c_int64]),
    "node_shard_get": (ctypes.c_int, [ctypes.c_void_p, ctypes.c_int32, ctypes.c_int32, ctypes.c_char_p, SIZE]),
    "node_shard_set": (ctypes.c_int, [ctypes.c_void_p, ctypes.c_int32, ctypes.c_int32, ctypes.c_char_p, ctypes.c_size_t]),
    "node_evaluate": (ctypes.c_int, [ctypes.c_void_p, ctypes.POINTER(ctypes.c_double)]),
}
FLOAT = 4  # bytes


class NodeError(RuntimeError):
    pass


def load(library):
    """The functions of a library; a name without a folder is looked for where the system looks."""
    loaded = ctypes.CDLL(library)
    for name, (result, arguments) in CALLS.items():
        call = getattr(loaded, name)
        call.restype, call.argtypes = result, arguments
    return loaded


class Node:
    """settings: library, weights, data ("": none) as paths, threads. Shard 0 of 0: all tensors."""

    def __init__(self, settings, seed, shard=0, shards=0):
        status = ctypes.c_int()
        self.library = load(settings["library"])
        paths = [str(settings[name]).encode() for name in ("weights", "data")]
        self.handle = self.library.node_open(*paths, seed, shard, shards, settings["threads"], ctypes.byref(status))
        if status.value:
            why = self.library.node_error(self.handle).decode()
            self.close()
            raise NodeError(why)

    def close(self):
        self.library.node_close(self.handle)
        self.handle = None

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def check(self, status):
        if status:
            raise NodeError(self.library.node_error(self.handle).decode())

    def scalars(self):
        out = ctypes.create_string_buffer(FLOAT * self.library.node_tangents(self.handle))
        self.check(self.library.node_scalars(self.handle, out))
        return out.raw

    def apply(self, seed, step, scalars, shards):
        expected = FLOAT * shards * self.library.node_tangents(self.handle)
        if len(scalars) != expected:
            raise NodeError(f"{len(scalars)} bytes of scalars, not {expected}")
        self.check(self.library.node_apply(self.handle, seed, step, scalars, shards))

    def train(self, steps):
        self.check(self.library.node_train(self.handle, steps))

    def shard(self, shard=0, shards=0):
        floats = ctypes.c_size_t()
        self.check(self.library.node_shard_get(self.handle, shard, shards, None, ctypes.byref(floats)))
        out = ctypes.create_string_buffer(FLOAT * floats.value)
        self.check(self.library.node_shard_get(self.handle, shard, shards, out, ctypes.byref(floats)))
        return out.raw

    def set_shard(self, tensors, shard=0, shards=0):
        self.check(self.library.node_shard_set(self.handle, shard, shards, tensors, len(tensors) // FLOAT))

    def loss(self):
        out = ctypes.c_double()
        self.check(self.library.node_evaluate(self.handle, ctypes.byref(out)))
        return out.value

    def digest(self):
        """Equal for equal bits of the adapter."""
        return hashlib.sha256(self.pool("node_adapter")).hexdigest()

    def pool(self, name, replaced_by=None):
        floats = ctypes.c_size_t()
        place = getattr(self.library, name)(self.handle, ctypes.byref(floats))
        if replaced_by is None:
            return ctypes.string_at(place, FLOAT * floats.value) if floats.value else b""
        if len(replaced_by) != FLOAT * floats.value:
            raise NodeError(f"{name}: {len(replaced_by)} bytes, not {FLOAT * floats.value}")
        ctypes.memmove(place, replaced_by, len(replaced_by))
        return replaced_by

    def save(self):
        """All that training changes. A node that restores it goes on with the same bits."""
        return {"adapter": self.pool("node_adapter"), "optimizer": self.pool("node_state"), "step": self.library.node_step(self.handle)}

    def restore(self, saved):
        self.pool("node_adapter", saved["adapter"])
        self.pool("node_state", saved["optimizer"])
        self.library.node_set_step(self.handle, saved["step"])
