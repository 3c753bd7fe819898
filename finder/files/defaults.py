"""What is left out unless the user takes it back in, with each reason in plain words. Tables and nothing else.

Names are compared in lower case. A name that people also give to folders of their own (`build`, `target`) counts only
beside the file of a project that makes it.
"""

from __future__ import annotations

from collections.abc import Callable

SECRETS = "may hold keys or passwords"
PROGRAM_DATA = "programs' own data"
SYSTEM = "belongs to the system"
_CACHE = "a cache, made again when needed"
_HIDDEN = "a hidden folder"
_VERSIONS = "a version control store"
_PACKAGES = "installed packages"
_BUILD = "build output"
_TRASH = "the trash"
_TEMPORARY = "a temporary file"
_PROFILE = "the profile of a browser, mail program or messenger"

_FOLDERS: dict[bytes, str] = {
    **dict.fromkeys(
        (
            *(b".ssh", b".gnupg", b".pki", b".password-store", b"keyrings", b"kwalletd"),
            *(b".aws", b".azure", b".kube", b".docker", b"gcloud", b".electrum", b".bitcoin", b".ethereum", b".monero"),
        ),
        SECRETS,
    ),
    **dict.fromkeys((b".git", b".hg", b".svn", b".bzr"), _VERSIONS),
    **dict.fromkeys((b"node_modules", b"bower_components", b"site-packages"), _PACKAGES),
    **dict.fromkeys((b"__pycache__", b".cache"), _CACHE),
    **dict.fromkeys((b"trash", b".trash", b"$recycle.bin"), _TRASH),
    **dict.fromkeys((b"lost+found", b"system volume information"), SYSTEM),
    **dict.fromkeys((b".mozilla", b".thunderbird", b".purple", b"tdata"), _PROFILE),
    b"appdata": PROGRAM_DATA,
}

_PYTHON = (b"pyproject.toml", b"setup.py", b"setup.cfg")
_NODE = (b"package.json",)
_JVM = (b"pom.xml", b"build.gradle", b"build.gradle.kts", b"build.sbt")
_NATIVE = (b"CMakeLists.txt", b"meson.build", b"Makefile", b"configure.ac")

BESIDE_PROJECT: dict[bytes, tuple[tuple[bytes, ...], str]] = {
    b"build": ((*_PYTHON, *_NODE, *_JVM, *_NATIVE, b"pubspec.yaml"), _BUILD),
    b"dist": ((*_PYTHON, *_NODE), _BUILD),
    b"target": ((b"Cargo.toml", *_JVM), _BUILD),
    b"out": ((*_NODE, *_JVM, *_NATIVE), _BUILD),
    b"vendor": ((b"go.mod", b"composer.json", b"Gemfile", b"Cargo.toml"), _PACKAGES),
    b"pods": ((b"Podfile",), _PACKAGES),
}
"""A folder's name, the files of which one must lie beside it, and the reason."""

MARKS_INSIDE: tuple[tuple[tuple[bytes, ...], str], ...] = (
    ((b"CACHEDIR.TAG",), _CACHE),
    ((b"pyvenv.cfg",), _PACKAGES),
    ((b"conda-meta",), _PACKAGES),
    ((b"key4.db", b"prefs.js"), _PROFILE),
    ((b"Local State", b"Default"), _PROFILE),
    ((b"Login Data", b"Preferences"), _PROFILE),
    ((b"catalog.db", b"service.lock"), "an index of this program"),
)
"""Names that a folder holds all of, and the reason to leave it out."""

CACHE_TAG_SIGNATURE = b"Signature: 8a477f597d28d172789f06886806bc55"
"""How a true CACHEDIR.TAG begins. Source: Cache Directory Tagging Specification, bford.info/cachedir."""

SYSTEM_PATHS = frozenset({b"/proc", b"/sys", b"/dev", b"/run"})

_FILES: dict[bytes, str] = {
    **dict.fromkeys((b".netrc", b"_netrc", b".pgpass", b".npmrc", b".pypirc", b".git-credentials"), SECRETS),
    b"wallet.dat": SECRETS,
    **dict.fromkeys((b".ds_store", b"thumbs.db", b"desktop.ini"), SYSTEM),
}
_ENDINGS: dict[bytes, str] = {
    **dict.fromkeys((b".kdbx", b".kdb", b".pem", b".p12", b".pfx", b".jks", b".keystore", b".ppk"), SECRETS),
    **dict.fromkeys((b".part", b".crdownload", b".swp", b".swo", b".tmp"), _TEMPORARY),
}
_KEYNOTE_BYTES = 64 << 10
"""A `.key` above this is a Keynote presentation, not a key."""

_NAME_ONLY: dict[bytes, str] = {
    **dict.fromkeys(
        (
            *(
                b".exe",
                b".msi",
                b".dll",
                b".so",
                b".dylib",
                b".a",
                b".o",
                b".lib",
                b".obj",
                b".pyc",
                b".class",
                b".wasm",
            ),
            *(b".deb", b".rpm", b".apk", b".appimage", b".snap", b".flatpak"),
        ),
        "a program",
    ),
    **dict.fromkeys(
        (b".iso", b".img", b".dmg", b".qcow2", b".vdi", b".vmdk", b".vhd", b".vhdx", b".ova", b".wim"), "a disk image"
    ),
    **dict.fromkeys(
        (b".db", b".sqlite", b".sqlite3", b".db3", b".mdb", b".accdb", b".ldb", b".mdf", b".realm"), "a database"
    ),
}

_NETWORK = "a network drive: add it as a folder of its own to index it"
_FUSE = "a mounted service: add it as a folder of its own to index it"
_MOUNTS: dict[str, str] = {
    **dict.fromkeys(
        ("nfs", "nfs4", "cifs", "smb3", "smbfs", "afs", "ceph", "glusterfs", "lustre", "ncpfs", "afpfs", "webdav"),
        _NETWORK,
    ),
    **dict.fromkeys(
        (
            *("proc", "sysfs", "devtmpfs", "devfs", "devpts", "cgroup", "cgroup2", "debugfs", "tracefs", "securityfs"),
            *("pstore", "bpf", "configfs", "mqueue", "hugetlbfs", "efivarfs", "fusectl", "binfmt_misc", "autofs"),
            *("rpc_pipefs", "nsfs"),
        ),
        SYSTEM,
    ),
}


def folder_reason(name: bytes, has: Callable[[bytes], bool]) -> str:
    """Why a folder called `name` (lower case) is left out; `has` tells what lies beside it. Empty: it is not."""
    if reason := _FOLDERS.get(name):
        return reason
    if name in BESIDE_PROJECT:
        marks, reason = BESIDE_PROJECT[name]
        return reason if any(map(has, marks)) else ""
    if name.startswith(b".trash-"):
        return _TRASH
    return _HIDDEN if name.startswith(b".") else ""


def file_reason(name: bytes, size_bytes: int) -> str:
    """Why a file called `name` (lower case) is left out altogether; empty where it is not."""
    if reason := _FILES.get(name) or _ENDINGS.get(_ending(name)):
        return reason
    # Locks and copies of Office, macOS, LibreOffice, Emacs and GLib's programs, in this order.
    if name.startswith((b"~$", b"._", b".~lock.", b".#", b".goutputstream-")) or name.endswith(b"~"):
        return _TEMPORARY
    if len(name) > 2 and name.startswith(b"#") and name.endswith(b"#"):
        return _TEMPORARY
    is_secret = (
        name.startswith(b".env")
        or name.endswith(b"_history")
        or b".tfstate" in name
        or (name.endswith(b".key") and size_bytes <= _KEYNOTE_BYTES)
        # `id_rsa` and `id_ed25519.pub`, but not `id_card.pdf`.
        or (name.startswith(b"id_") and b"." not in name.removesuffix(b".pub"))
    )
    return SECRETS if is_secret else ""


def name_only_reason(name: bytes) -> str:
    """Why a file called `name` (lower case) is found by its name only; empty where it is read."""
    return _NAME_ONLY.get(_ending(name), "")


def mount_reason(file_system: str) -> str:
    """Why a mounted file system of this type (lower case) is left out; empty for a local disk."""
    if file_system == "fuse" or file_system.startswith(("fuse.", "osxfuse", "macfuse")):
        return _FUSE
    return _MOUNTS.get(file_system, "")


def is_remote(file_system: str) -> bool:
    """True for a file system whose files others change without this computer's knowledge."""
    return mount_reason(file_system) in (_NETWORK, _FUSE)


def _ending(name: bytes) -> bytes:
    return name[dot:] if (dot := name.rfind(b".")) >= 0 else b""
