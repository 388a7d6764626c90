//! Packets in clear text, as they are before the first NEWKEYS (RFC 4253 section 6).

use crate::DisconnectReason;

/// Longest packet that is looked at; the RFC asks for 35,000 bytes.
const LONGEST_PACKET: usize = 64 * 1024;
const BLOCK: usize = 8;
const LEAST_PADDING: usize = 4;

pub(super) const MSG_DISCONNECT: u8 = 1;
pub(super) const MSG_KEXINIT: u8 = 20;
pub(super) const MSG_NEWKEYS: u8 = 21;

/// A packet found at the begin of a buffer.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Found<'a> {
    /// More bytes are needed.
    Partial,
    /// This is no packet.
    Nonsense,
    /// A packet with this payload, and how many bytes it takes.
    Packet(&'a [u8], usize),
}

pub(super) fn find_packet(buffer: &[u8]) -> Found<'_> {
    let Some((length, rest)) = buffer.split_first_chunk::<4>() else {
        return Found::Partial;
    };
    let length = u32::from_be_bytes(*length) as usize;
    if !(BLOCK..=LONGEST_PACKET).contains(&length) {
        return Found::Nonsense;
    }
    let Some(packet) = rest.get(..length) else {
        return Found::Partial;
    };
    let payload = packet.split_first().and_then(|(padding, body)| {
        let end = body.len().checked_sub(usize::from(*padding))?;
        body.get(..end)
    });
    payload.map_or(Found::Nonsense, |payload| Found::Packet(payload, length + 4))
}

/// `SSH_MSG_DISCONNECT` in clear text (RFC 4253 section 11.1).
pub(crate) fn disconnect_packet(reason: DisconnectReason, text: &str) -> Vec<u8> {
    let mut payload = vec![MSG_DISCONNECT];
    payload.extend(reason.code().to_be_bytes());
    for field in [text, ""] {
        payload.extend(u32::try_from(field.len()).unwrap_or_default().to_be_bytes());
        payload.extend(field.as_bytes());
    }
    let padding = BLOCK - (4 + 1 + payload.len() + LEAST_PADDING) % BLOCK + LEAST_PADDING;
    let length = 1 + payload.len() + padding;
    let mut packet = Vec::with_capacity(4 + length);
    packet.extend(u32::try_from(length).unwrap_or_default().to_be_bytes());
    packet.push(u8::try_from(padding).unwrap_or_default());
    packet.extend(payload);
    packet.resize(4 + length, 0);
    packet
}

const MSG_KEX_REPLY: u8 = 31;
const MSG_KEX_GEX_REPLY: u8 = 33;

/// Changes the last byte of the signature in the reply of a key exchange (RFC 4253 section 8, RFC 4419 section 3), if it
/// is among these packets. Returns whether it was.
pub(super) fn break_signature(packets: &mut [u8]) -> bool {
    let mut at = 0;
    while let Found::Packet(payload, taken) = find_packet(packets.get(at..).unwrap_or_default()) {
        if is_kex_reply(payload) {
            // The signature is the last field: four bytes of length and one of padding length stand before the payload.
            let last = at + 4 + 1 + payload.len() - 1;
            if let Some(byte) = packets.get_mut(last) {
                *byte ^= 1;
                return true;
            }
        }
        at += taken;
    }
    false
}

/// Whether a payload is the reply with the host key. In a group exchange the number 31 is a group, which begins with no
/// name of an algorithm.
fn is_kex_reply(payload: &[u8]) -> bool {
    let mut fields = Fields(payload);
    match fields.byte() {
        Some(MSG_KEX_GEX_REPLY) => true,
        Some(MSG_KEX_REPLY) => {
            let host_key = fields.u32().and_then(|length| fields.bytes(length as usize));
            let name = host_key.and_then(|blob| Fields(blob).text()).unwrap_or_default();
            name.starts_with(|char: char| char.is_ascii_lowercase())
        }
        _ => false,
    }
}

/// Reads the fields of a payload (RFC 4251 section 5).
#[derive(Debug)]
pub(super) struct Fields<'a>(pub(super) &'a [u8]);

impl<'a> Fields<'a> {
    pub(super) fn bytes(&mut self, count: usize) -> Option<&'a [u8]> {
        let (field, rest) = self.0.split_at_checked(count)?;
        self.0 = rest;
        Some(field)
    }

    pub(super) fn byte(&mut self) -> Option<u8> {
        self.bytes(1)?.first().copied()
    }

    pub(super) fn u32(&mut self) -> Option<u32> {
        Some(u32::from_be_bytes(self.bytes(4)?.try_into().ok()?))
    }

    pub(super) fn text(&mut self) -> Option<String> {
        let length = self.u32()? as usize;
        Some(String::from_utf8_lossy(self.bytes(length)?).into_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_disconnect_is_a_packet_of_whole_blocks_for_every_length_of_text() {
        for length in 0..40 {
            let text = "x".repeat(length);
            let packet = disconnect_packet(DisconnectReason::ProtocolError, &text);
            assert_eq!(packet.len() % BLOCK, 0, "length {length}");
            let Found::Packet(payload, taken) = find_packet(&packet) else { panic!("no packet") };
            assert_eq!(taken, packet.len());
            let mut fields = Fields(payload);
            assert_eq!((fields.byte(), fields.u32()), (Some(MSG_DISCONNECT), Some(2)));
            assert_eq!((fields.text(), fields.text()), (Some(text), Some(String::new())));
            assert!(packet[4] >= 4, "RFC 4253 section 6 asks for at least four bytes of padding");
        }
    }

    #[test]
    fn nonsense_is_told_from_what_is_not_complete_yet() {
        assert_eq!(find_packet(&[0, 0]), Found::Partial);
        assert_eq!(find_packet(&[0, 0, 0, 12, 4]), Found::Partial);
        assert_eq!(find_packet(&[0xff; 16]), Found::Nonsense);
        assert_eq!(find_packet(&[0, 0, 0, 8, 200, 0, 0, 0, 0, 0, 0, 0]), Found::Nonsense);
    }
}
