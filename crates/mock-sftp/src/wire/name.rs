//! A name in a reply (draft section 7): of a file in a directory, or a path.

use bytes::BytesMut;

use super::{Attributes, DecodeError, Reader, put_string};

/// A name with what is known of the file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Name<'a> {
    /// The name alone, or a path.
    pub name: &'a [u8],
    /// As `ls -l` would write it; of a path the path again.
    pub long_name: &'a [u8],
    /// Attributes of the file; of a path none.
    pub attributes: Attributes,
}

impl<'a> Name<'a> {
    /// A path: the answer to a realpath or readlink request.
    #[must_use]
    pub fn path(path: &'a [u8]) -> Self {
        Self { name: path, long_name: path, attributes: Attributes::default() }
    }

    pub(crate) fn decode(reader: &mut Reader<'a>) -> Result<Self, DecodeError> {
        Ok(Self {
            name: reader.string("name")?,
            long_name: reader.string("long name")?,
            attributes: Attributes::decode(reader)?,
        })
    }

    pub(crate) fn encode(&self, out: &mut BytesMut) {
        put_string(out, self.name);
        put_string(out, self.long_name);
        self.attributes.encode(out);
    }
}
