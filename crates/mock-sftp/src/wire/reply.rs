//! Replies (draft section 7).

use bytes::{BufMut as _, BytesMut};

use super::{
    Attributes, DecodeError, Name, Reader, StatusCode,
    codec::{frame, length},
    kind, put_string,
};

/// A reply with the id of its request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reply<'a> {
    /// That of the request.
    pub id: u32,
    /// What is answered.
    pub answer: Answer<'a>,
}

/// What is answered.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
#[expect(missing_docs, reason = "the fields of the draft, section 7")]
pub enum Answer<'a> {
    /// The explanation is missing before version 3.
    Status {
        code: StatusCode,
        explanation: Option<Explanation<'a>>,
    },
    Handle(&'a [u8]),
    Data(&'a [u8]),
    Names(Vec<Name<'a>>),
    Attributes(Attributes),
    /// What an extension answers: [`Limits`](super::Limits), [`StatVfs`](super::StatVfs) or
    /// [`NamesById`](super::NamesById).
    Extended(&'a [u8]),
}

/// What a status says to people.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Explanation<'a> {
    /// The text.
    pub message: &'a [u8],
    /// The tag of its language; OpenSSH sends an empty one.
    pub language: &'a [u8],
}

impl<'a> Reply<'a> {
    /// From a packet without its length.
    ///
    /// # Errors
    ///
    /// It is no reply, or ends too early.
    pub fn decode(packet: &'a [u8]) -> Result<Self, DecodeError> {
        let mut reader = Reader::new(packet);
        let message_type = reader.u8("type")?;
        let id = reader.u32("id")?;
        let answer = match message_type {
            kind::STATUS => Answer::Status {
                code: reader.u32("code")?.into(),
                explanation: if reader.is_empty() { None } else { Some(Explanation::decode(&mut reader)?) },
            },
            kind::HANDLE => Answer::Handle(reader.string("handle")?),
            kind::DATA => Answer::Data(reader.string("data")?),
            kind::NAME => {
                let count = reader.u32("count")?;
                Answer::Names((0..count).map(|_| Name::decode(&mut reader)).collect::<Result<_, _>>()?)
            }
            kind::ATTRS => Answer::Attributes(Attributes::decode(&mut reader)?),
            kind::EXTENDED_REPLY => Answer::Extended(reader.rest()),
            other => return Err(DecodeError::Unexpected(other)),
        };
        Ok(Self { id, answer })
    }

    /// Appends the packet with its length.
    pub fn encode(&self, out: &mut BytesMut) {
        frame(out, self.answer.message_type(), |out| {
            out.put_u32(self.id);
            match &self.answer {
                Answer::Status { code, explanation } => {
                    out.put_u32(code.code());
                    if let Some(explanation) = explanation {
                        put_string(out, explanation.message);
                        put_string(out, explanation.language);
                    }
                }
                Answer::Handle(string) | Answer::Data(string) => put_string(out, string),
                Answer::Names(names) => {
                    out.put_u32(length(names.len()));
                    for name in names {
                        name.encode(out);
                    }
                }
                Answer::Attributes(attributes) => attributes.encode(out),
                Answer::Extended(data) => out.put_slice(data),
            }
        });
    }
}

impl Answer<'_> {
    fn message_type(&self) -> u8 {
        match self {
            Self::Status { .. } => kind::STATUS,
            Self::Handle(_) => kind::HANDLE,
            Self::Data(_) => kind::DATA,
            Self::Names(_) => kind::NAME,
            Self::Attributes(_) => kind::ATTRS,
            Self::Extended(_) => kind::EXTENDED_REPLY,
        }
    }
}

impl<'a> Explanation<'a> {
    fn decode(reader: &mut Reader<'a>) -> Result<Self, DecodeError> {
        Ok(Self { message: reader.string("message")?, language: reader.string("language")? })
    }
}

/// All of a data reply but the data, which the caller appends.
pub(crate) fn data_header(out: &mut BytesMut, id: u32, data: usize) {
    out.put_u32(length(1 + 4 + 4 + data));
    out.put_u8(kind::DATA);
    out.put_u32(id);
    out.put_u32(length(data));
}

/// All of a name reply but the names, which the caller appends.
pub(crate) fn names_header(out: &mut BytesMut, id: u32, count: u32, names: usize) {
    out.put_u32(length(1 + 4 + 4 + names));
    out.put_u8(kind::NAME);
    out.put_u32(id);
    out.put_u32(count);
}
