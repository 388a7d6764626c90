//! How a request ended (draft section 7): the codes, and OpenSSH's texts for them.

use crate::FsError;

/// The code of a status reply.
///
/// The draft has nine; whatever else is sent is kept as its number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum StatusCode {
    /// `SSH_FX_OK`, 0: it was done.
    Ok,
    /// `SSH_FX_EOF`, 1: there is no more to read or to list.
    Eof,
    /// `SSH_FX_NO_SUCH_FILE`, 2: no such file, or a handle that cannot be used so.
    NoSuchFile,
    /// `SSH_FX_PERMISSION_DENIED`, 3.
    PermissionDenied,
    /// `SSH_FX_FAILURE`, 4: any other error.
    Failure,
    /// `SSH_FX_BAD_MESSAGE`, 5: the request makes no sense.
    BadMessage,
    /// `SSH_FX_NO_CONNECTION`, 6: only ever made up by clients.
    NoConnection,
    /// `SSH_FX_CONNECTION_LOST`, 7: only ever made up by clients.
    ConnectionLost,
    /// `SSH_FX_OP_UNSUPPORTED`, 8: the server does not do this.
    OpUnsupported,
    /// Any other number.
    Other(u32),
}

impl StatusCode {
    const NAMED: [Self; 9] = [
        Self::Ok,
        Self::Eof,
        Self::NoSuchFile,
        Self::PermissionDenied,
        Self::Failure,
        Self::BadMessage,
        Self::NoConnection,
        Self::ConnectionLost,
        Self::OpUnsupported,
    ];

    /// The number on the wire.
    ///
    /// ```
    /// use mock_sftp::wire::StatusCode;
    ///
    /// assert_eq!(StatusCode::NoSuchFile.code(), 2);
    /// assert_eq!(StatusCode::from(2), StatusCode::NoSuchFile);
    /// ```
    #[must_use]
    pub fn code(self) -> u32 {
        match self {
            Self::Ok => 0,
            Self::Eof => 1,
            Self::NoSuchFile => 2,
            Self::PermissionDenied => 3,
            Self::Failure => 4,
            Self::BadMessage => 5,
            Self::NoConnection => 6,
            Self::ConnectionLost => 7,
            Self::OpUnsupported => 8,
            Self::Other(code) => code,
        }
    }

    /// The text that OpenSSH's server sends with it.
    #[must_use]
    pub fn message(self) -> &'static str {
        match self {
            Self::Ok => "Success",
            Self::Eof => "End of file",
            Self::NoSuchFile => "No such file",
            Self::PermissionDenied => "Permission denied",
            Self::Failure => "Failure",
            Self::BadMessage => "Bad message",
            Self::NoConnection => "No connection",
            Self::ConnectionLost => "Connection lost",
            Self::OpUnsupported => "Operation unsupported",
            Self::Other(_) => "Unknown error",
        }
    }
}

/// Names in the form of texts: those of the draft, and those of its later versions for numbers that clients may know.
const NAMES: [(u32, &str); 32] = [
    (0, "ok"),
    (1, "eof"),
    (2, "no-such-file"),
    (3, "permission-denied"),
    (4, "failure"),
    (5, "bad-message"),
    (6, "no-connection"),
    (7, "connection-lost"),
    (8, "op-unsupported"),
    (9, "invalid-handle"),
    (10, "no-such-path"),
    (11, "file-already-exists"),
    (12, "write-protect"),
    (13, "no-media"),
    (14, "no-space-on-filesystem"),
    (15, "quota-exceeded"),
    (16, "unknown-principal"),
    (17, "lock-conflict"),
    (18, "dir-not-empty"),
    (19, "not-a-directory"),
    (20, "invalid-filename"),
    (21, "link-loop"),
    (22, "cannot-delete"),
    (23, "invalid-parameter"),
    (24, "file-is-a-directory"),
    (25, "byte-range-lock-conflict"),
    (26, "byte-range-lock-refused"),
    (27, "delete-pending"),
    (28, "file-corrupt"),
    (29, "owner-invalid"),
    (30, "group-invalid"),
    (31, "no-matching-byte-range-lock"),
];

impl StatusCode {
    /// The codes that have a name, with it: without `SSH_FX_`, in lower case.
    pub(crate) fn with_names() -> impl Iterator<Item = (Self, &'static str)> {
        NAMES.into_iter().map(|(code, name)| (code.into(), name))
    }

    pub(crate) fn name(self) -> Option<&'static str> {
        NAMES.into_iter().find(|(code, _)| *code == self.code()).map(|(_, name)| name)
    }
}

impl From<u32> for StatusCode {
    fn from(code: u32) -> Self {
        Self::NAMED.into_iter().find(|named| named.code() == code).unwrap_or(Self::Other(code))
    }
}

impl From<FsError> for StatusCode {
    /// As OpenSSH's `errno_to_portable` has it.
    fn from(error: FsError) -> Self {
        error.sftp_status().into()
    }
}
