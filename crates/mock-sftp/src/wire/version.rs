//! The two messages that begin a session (draft section 4). They alone have no request id.

use bytes::{BufMut as _, BytesMut};

use super::{DecodeError, Reader, codec::frame, kind, put_string};

/// The client's first message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Init<'a> {
    /// The highest version that it speaks.
    pub version: u32,
    /// Names and values of its extensions; no client is known to send any.
    pub extensions: Vec<(&'a [u8], &'a [u8])>,
}

/// The server's answer to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Version<'a> {
    /// The version that will be spoken.
    pub version: u32,
    /// Names and versions of the extensions that are offered.
    pub extensions: Vec<(&'a [u8], &'a [u8])>,
}

impl<'a> Init<'a> {
    /// From a packet without its length.
    ///
    /// # Errors
    ///
    /// It is another message, or ends too early.
    pub fn decode(packet: &'a [u8]) -> Result<Self, DecodeError> {
        let (version, extensions) = decode(packet, kind::INIT)?;
        Ok(Self { version, extensions })
    }

    /// Appends the packet with its length.
    pub fn encode(&self, out: &mut BytesMut) {
        encode(out, kind::INIT, self.version, &self.extensions);
    }
}

impl<'a> Version<'a> {
    /// From a packet without its length.
    ///
    /// # Errors
    ///
    /// It is another message, or ends too early.
    pub fn decode(packet: &'a [u8]) -> Result<Self, DecodeError> {
        let (version, extensions) = decode(packet, kind::VERSION)?;
        Ok(Self { version, extensions })
    }

    /// Appends the packet with its length.
    pub fn encode(&self, out: &mut BytesMut) {
        encode(out, kind::VERSION, self.version, &self.extensions);
    }
}

type Pairs<'a> = Vec<(&'a [u8], &'a [u8])>;

fn decode(packet: &[u8], expected: u8) -> Result<(u32, Pairs<'_>), DecodeError> {
    let mut reader = Reader::new(packet);
    let kind = reader.u8("type")?;
    if kind != expected {
        return Err(DecodeError::Unexpected(kind));
    }
    let version = reader.u32("version")?;
    let mut extensions = Vec::new();
    while !reader.is_empty() {
        extensions.push((reader.string("name of an extension")?, reader.string("value of an extension")?));
    }
    Ok((version, extensions))
}

fn encode(out: &mut BytesMut, kind: u8, version: u32, extensions: &Pairs<'_>) {
    frame(out, kind, |out| {
        out.put_u32(version);
        for (name, value) in extensions {
            put_string(out, name);
            put_string(out, value);
        }
    });
}
