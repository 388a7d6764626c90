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

impl From<u32> for StatusCode {
    fn from(code: u32) -> Self {
        Self::NAMED.into_iter().find(|named| named.code() == code).unwrap_or(Self::Other(code))
    }
}

impl From<FsError> for StatusCode {
    /// As OpenSSH's `errno_to_portable` has it.
    fn from(error: FsError) -> Self {
        match error {
            FsError::NotFound | FsError::NotADirectory | FsError::BadHandle | FsError::Loop => {
                Self::NoSuchFile
            }
            FsError::PermissionDenied | FsError::NotPermitted => Self::PermissionDenied,
            FsError::NameTooLong | FsError::Invalid => Self::BadMessage,
            _ => Self::Failure,
        }
    }
}
