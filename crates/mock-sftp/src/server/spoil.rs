//! Replies that faults send late, twice, broken, or not at all.

use std::time::Duration;

use bytes::{Bytes, BytesMut};
use mock_base::fault::Struck;
use tokio::time::Instant;

use super::{
    SftpSession,
    outcome::{Names, Outcome},
    sink::Replies,
};
use crate::{
    fault::{Action, Stage},
    wire::{Attributes, Name, Operation, kind},
};

/// How long a reply waits for the one that is to come before it: a client that waits for it must not wait for ever.
const PATIENCE: Duration = Duration::from_millis(100);

/// Names in a reply of a listing that does not end.
const INVENTED: u64 = 100;

/// Bytes of a reply with data before the data: length, type, id, length of the data.
const DATA_HEADER: usize = 13;

/// A reply that is to come after the next.
#[derive(Debug)]
pub(super) struct Late {
    packet: Bytes,
    struck: Struck<Stage>,
    until: Instant,
}

impl Late {
    pub(super) fn until(&self) -> Instant {
        self.until
    }
}

impl SftpSession {
    /// Sends the reply to a request, as faults will have it.
    pub(super) fn deliver(&mut self, id: u32, outcome: Outcome, replies: &mut Replies<'_>) {
        let data = if let Outcome::Data(pieces) = &outcome { pieces.iter().map(Bytes::len).sum() } else { 0 };
        let mut packet = replies.encoded(id, outcome);
        if data > 0 {
            let (allowed, _) = self.may_pass(data, Operation::Read);
            if self.trouble.as_ref().is_some_and(|trouble| trouble.over.is_some()) {
                packet.truncate(DATA_HEADER + allowed);
                return replies.send_bytes(packet);
            }
        }
        self.spoil(packet, replies);
    }

    /// Sends a message in place of which, with which or before which faults want something else.
    pub(super) fn spoil(&mut self, mut packet: BytesMut, replies: &mut Replies<'_>) {
        let plan = self.trouble.as_mut().and_then(|trouble| trouble.plan.take()).unwrap_or_default();
        if self.trouble.as_ref().is_some_and(|trouble| trouble.over.is_some()) {
            return;
        }
        let mut copies = 1;
        let mut late = None;
        for struck in plan.struck {
            match struck.action() {
                Action::Silence => copies = 0,
                Action::Duplicate => copies += usize::from(copies > 0),
                Action::WrongId => flip(packet.get_mut(5..9)),
                Action::WrongType => retype(&mut packet),
                Action::WrongLength => put(&mut packet, 0, &i32::MAX.to_be_bytes()),
                Action::Truncate => cut(&mut packet),
                Action::Garbage(length) => packet = noise(*length as usize),
                Action::Say(text) => replies.send_bytes(Bytes::copy_from_slice(text.as_bytes())),
                Action::Reorder => {
                    late = Some(struck);
                    continue;
                }
                _ => continue,
            }
            self.note(&struck);
        }
        let packet = packet.freeze();
        let waits = self.has_late_reply();
        match (late, &mut self.trouble) {
            (Some(struck), Some(trouble)) if !waits && copies > 0 => {
                trouble.late = Some(Late { packet, struck, until: Instant::now() + PATIENCE });
                self.wake_in_time(replies);
            }
            _ => {
                for _ in 0..copies {
                    replies.send_bytes(packet.clone());
                }
                if copies > 0 {
                    self.send_late(replies);
                } else {
                    // The time that was asked for may have been the request's own.
                    self.wake_in_time(replies);
                }
            }
        }
    }

    pub(super) fn has_late_reply(&self) -> bool {
        self.trouble.as_ref().is_some_and(|trouble| trouble.late.is_some())
    }

    /// Sends the reply that was to come after one that has come now.
    fn send_late(&mut self, replies: &mut Replies<'_>) {
        if let Some(late) = self.trouble.as_mut().and_then(|trouble| trouble.late.take()) {
            self.note(&late.struck);
            replies.send_bytes(late.packet);
        }
    }

    /// Sends a reply that no other has overtaken in time.
    pub(super) fn send_late_in_time(&mut self, replies: &mut Replies<'_>) {
        let Some(trouble) = self.trouble.as_mut() else { return };
        if let Some(late) = trouble.late.take_if(|late| late.until <= Instant::now()) {
            replies.send_bytes(late.packet);
        }
    }
}

/// Files that are not there, from this number on.
pub(super) fn invented(from: u64) -> Names {
    let mut names = Names::default();
    for number in from..from.saturating_add(INVENTED) {
        let name = format!("endless-{number:09}");
        let long_name = format!("-rw-r--r--    1 root     root            0 Jan  1  1970 {name}");
        let (name, long_name) = (name.as_bytes(), long_name.as_bytes());
        Name { name, long_name, attributes: Attributes::default() }.encode(&mut names.encoded);
        names.count += 1;
    }
    names
}

fn put(packet: &mut BytesMut, at: usize, bytes: &[u8]) {
    if let Some(place) = packet.get_mut(at..at + bytes.len()) {
        place.copy_from_slice(bytes);
    }
}

/// Another id than any client has sent, unless it has sent a thousand million requests.
fn flip(id: Option<&mut [u8]>) {
    if let Some(first) = id.and_then(|id| id.first_mut()) {
        *first ^= 0x40;
    }
}

/// Attributes in place of anything else, and a handle in place of attributes.
fn retype(packet: &mut BytesMut) {
    if let Some(message_type) = packet.get_mut(4) {
        *message_type = if *message_type == kind::ATTRS { kind::HANDLE } else { kind::ATTRS };
    }
}

/// Half of what follows the id, with a length that says so.
fn cut(packet: &mut BytesMut) {
    let fields = packet.len().saturating_sub(9);
    packet.truncate(9 + fields / 2);
    let length = u32::try_from(packet.len().saturating_sub(4)).unwrap_or_default();
    put(packet, 0, &length.to_be_bytes());
}

/// Bytes without a meaning, the same each time: `SplitMix64`.
fn noise(length: usize) -> BytesMut {
    let mut state = 0_u64;
    let mut bytes = BytesMut::with_capacity(length + 8);
    while bytes.len() < length {
        state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = state;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        bytes.extend_from_slice(&(mixed ^ (mixed >> 31)).to_be_bytes());
    }
    bytes.truncate(length);
    bytes
}
