//! Framing and the two or three data types that messages are made of: bytes in, values out, no I/O.
//!
//! A frame's length is judged before anything is reserved for it, and a field's before it is taken, so a peer
//! cannot make us allocate more than it sends. What the fields mean is the business of `message`.

use bytes::{Buf, BufMut, Bytes, BytesMut};

use crate::Blob;

/// One message as it travels (RFC 9987 section 3): a type and a body.
///
/// ```
/// use bytes::BytesMut;
/// use mock_agent::Frame;
///
/// let mut received = BytesMut::from(&[0, 0, 0, 1, 11, 0, 0][..]);
/// let frame = Frame::take(&mut received)?.expect("a whole frame is there");
/// assert_eq!(frame.message_type, 11);
/// assert_eq!(Frame::take(&mut received)?, None); // the next length is not complete yet
/// # Ok::<(), mock_agent::FrameError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Frame {
    /// The message number.
    pub message_type: u8,
    /// What follows it.
    pub body: Blob,
}

/// A frame that cannot be taken. Nothing after it can be either, as its end is unknown.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum FrameError {
    /// The length is 0: there is not even a type.
    #[error("a request of length 0")]
    Empty,
    /// The length is beyond [`Frame::MAX_LENGTH`].
    #[error("a request of {length} bytes, more than {}", Frame::MAX_LENGTH)]
    TooLong {
        /// The length that was announced.
        length: u32,
    },
}

impl Frame {
    /// The longest request that is read, type byte included: 256 KiB, as in OpenSSH's agent.
    pub const MAX_LENGTH: u32 = 256 * 1024;

    /// Bytes of the length in front of a frame.
    const HEADER: usize = size_of::<u32>();

    /// A frame of this type and body.
    #[must_use]
    pub fn new(message_type: u8, body: impl Into<Blob>) -> Self {
        Self { message_type, body: body.into() }
    }

    /// Takes the first frame off `buffer`, or leaves it alone and gives `None` while the frame is incomplete.
    ///
    /// # Errors
    ///
    /// When the length is 0 or beyond [`MAX_LENGTH`](Self::MAX_LENGTH).
    pub fn take(buffer: &mut BytesMut) -> Result<Option<Self>, FrameError> {
        let Ok(length) = buffer.as_ref().try_get_u32() else {
            return Ok(None);
        };
        match length {
            0 => return Err(FrameError::Empty),
            1..=Self::MAX_LENGTH => {}
            _ => return Err(FrameError::TooLong { length }),
        }
        let end = Self::HEADER + length as usize;
        if buffer.len() < end {
            return Ok(None);
        }
        let mut frame = buffer.split_to(end).freeze();
        frame.advance(Self::HEADER);
        let message_type = frame.get_u8();
        Ok(Some(Self::new(message_type, frame)))
    }

    /// The frame with its length in front, ready to be sent. Any length is encoded, also one too long to be read.
    #[must_use]
    pub fn encode(&self) -> Bytes {
        let mut bytes = BytesMut::with_capacity(Self::HEADER + 1 + self.body.len());
        bytes.put_u32(wire_length(self.body.len() + 1));
        bytes.put_u8(self.message_type);
        bytes.put_slice(&self.body);
        bytes.freeze()
    }
}

/// A message body that does not hold what its type says.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum DecodeError {
    /// The body ends before or within a field.
    #[error("the body ends before the end of `{field}`")]
    Truncated {
        /// The field, by its name in the protocol.
        field: &'static str,
    },
    /// Bytes follow the last field.
    #[error("{count} bytes follow the last field")]
    Trailing {
        /// How many.
        count: usize,
    },
    /// A field that has to be text is not UTF-8.
    #[error("`{field}` is not text")]
    NotText {
        /// The field, by its name in the protocol.
        field: &'static str,
    },
    /// A field that has to be a public key or a signature is none.
    #[error("`{field}` cannot be parsed")]
    Key {
        /// The field, by its name in the protocol.
        field: &'static str,
        /// What is wrong with it.
        source: ssh_key::Error,
    },
    /// The type is none of an answer.
    #[error("{message_type} is no type of an answer")]
    UnknownType {
        /// The type.
        message_type: u8,
    },
}

/// Takes the fields of a body one by one.
pub(crate) struct Fields(Bytes);

impl Fields {
    pub(crate) fn new(body: &Blob) -> Self {
        Self(body.clone().into_bytes())
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(crate) fn byte(&mut self, field: &'static str) -> Result<u8, DecodeError> {
        self.0.try_get_u8().map_err(|_| DecodeError::Truncated { field })
    }

    pub(crate) fn boolean(&mut self, field: &'static str) -> Result<bool, DecodeError> {
        // RFC 4251 section 5: every value but 0 is true.
        self.byte(field).map(|byte| byte != 0)
    }

    pub(crate) fn uint32(&mut self, field: &'static str) -> Result<u32, DecodeError> {
        self.0.try_get_u32().map_err(|_| DecodeError::Truncated { field })
    }

    pub(crate) fn string(&mut self, field: &'static str) -> Result<Blob, DecodeError> {
        let length = self.uint32(field)? as usize;
        if length > self.0.len() {
            return Err(DecodeError::Truncated { field });
        }
        Ok(self.0.split_to(length).into())
    }

    pub(crate) fn text(&mut self, field: &'static str) -> Result<String, DecodeError> {
        String::from_utf8(self.string(field)?.to_vec()).map_err(|_| DecodeError::NotText { field })
    }

    /// What is left, as it is.
    pub(crate) fn rest(mut self) -> Blob {
        self.take_rest()
    }

    /// What is left, as it is, with nothing left behind.
    pub(crate) fn take_rest(&mut self) -> Blob {
        std::mem::take(&mut self.0).into()
    }

    /// What `parse` reads off the front, and the bytes that it read.
    pub(crate) fn parsed<T, E>(
        &mut self,
        parse: impl FnOnce(&mut &[u8]) -> Result<T, E>,
    ) -> Result<(Blob, T), E> {
        let mut left: &[u8] = &self.0;
        let parsed = parse(&mut left)?;
        let read = self.0.len() - left.len();
        Ok((self.0.split_to(read).into(), parsed))
    }

    pub(crate) fn finish(self) -> Result<(), DecodeError> {
        match self.0.len() {
            0 => Ok(()),
            count => Err(DecodeError::Trailing { count }),
        }
    }
}

/// Appends a `string`: its length, then its bytes.
pub(crate) fn put_string(body: &mut BytesMut, bytes: &[u8]) {
    body.put_u32(wire_length(bytes.len()));
    body.put_slice(bytes);
}

/// A length or count as a `uint32`. Nothing that one process holds for a test comes near 4 Gi.
pub(crate) fn wire_length(length: usize) -> u32 {
    u32::try_from(length).unwrap_or(u32::MAX)
}
