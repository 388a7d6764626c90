//! What a file system refuses, one variant for each reason, and what each is called elsewhere.

/// Why a file operation failed: the errors of POSIX, by their meaning.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, thiserror::Error)]
#[non_exhaustive]
pub enum FsError {
    /// `ENOENT`: no such file, or a parent is missing.
    #[error("No such file or directory")]
    NotFound,
    /// `EACCES`: the mode bits do not allow it.
    #[error("Permission denied")]
    PermissionDenied,
    /// `EPERM`: only the owner or root may do it.
    #[error("Operation not permitted")]
    NotPermitted,
    /// `EEXIST`: something has this name already.
    #[error("File exists")]
    Exists,
    /// `ENOTDIR`: a parent is not a directory.
    #[error("Not a directory")]
    NotADirectory,
    /// `EISDIR`: a directory cannot be read or written as a file.
    #[error("Is a directory")]
    IsADirectory,
    /// `ENOTEMPTY`: a directory with entries cannot be removed or replaced.
    #[error("Directory not empty")]
    NotEmpty,
    /// `ELOOP`: too many symbolic links.
    #[error("Too many levels of symbolic links")]
    Loop,
    /// `ENAMETOOLONG`: a name of more than 255 or a path of more than 4,095 bytes.
    #[error("File name too long")]
    NameTooLong,
    /// `EINVAL`: an argument that makes no sense.
    #[error("Invalid argument")]
    Invalid,
    /// `EROFS`: the file system is read-only.
    #[error("Read-only file system")]
    ReadOnly,
    /// `ENOSPC`: no bytes or no inodes are left.
    #[error("No space left on device")]
    NoSpace,
    /// `EDQUOT`: the caller's quota is used up.
    #[error("Disk quota exceeded")]
    QuotaExceeded,
    /// `EFBIG`: the file would be larger than allowed.
    #[error("File too large")]
    TooLarge,
    /// `EMLINK`: too many hard links.
    #[error("Too many links")]
    TooManyLinks,
    /// `EXDEV`: a link or rename between two file systems.
    #[error("Invalid cross-device link")]
    CrossDevice,
    /// `EBADF`: the file was not opened for this, or its handle is gone.
    #[error("Bad file descriptor")]
    BadHandle,
    /// `EOPNOTSUPP`: this file system cannot do it.
    #[error("Operation not supported")]
    Unsupported,
    /// `EBUSY`: in use in a way that forbids it.
    #[error("Device or resource busy")]
    Busy,
    /// `EIO`: the backend failed in a way of its own.
    #[error("Input/output error")]
    Io,
}
