//! Watches a connection while it is in clear text: identification lines and the first key exchange.
//!
//! The engine does not tell what was negotiated, so it is worked out here from both `SSH_MSG_KEXINIT` by the
//! rules of RFC 4253 section 7.1. Nothing is looked at once both sides have sent `SSH_MSG_NEWKEYS`.

use mock_base::{
    Recorder,
    event::{ClientVersion, Negotiated},
};

use super::clear::{Fields, Found, MSG_DISCONNECT, MSG_KEXINIT, MSG_NEWKEYS, find_packet};

/// Longest text before and with the identification line that is kept.
const LONGEST_PREAMBLE: usize = 8 * 1024;

/// What was seen of a connection in clear text.
#[derive(Debug)]
pub(crate) struct Observer {
    recorder: Recorder,
    client: Side,
    server: Side,
    /// Why the client disconnected, if it said so in clear text.
    pub(crate) client_disconnect: Option<String>,
}

#[derive(Debug, Default)]
struct Side {
    stage: Stage,
    buffer: Vec<u8>,
    lists: Option<Lists>,
}

#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
enum Stage {
    #[default]
    Identification,
    Packets,
    Over,
}

/// What a side offers in `SSH_MSG_KEXINIT`.
#[derive(Debug, Default)]
struct Lists {
    names: [Vec<String>; 8],
    guess_follows: bool,
}

impl Observer {
    pub(crate) fn new(recorder: Recorder) -> Self {
        Self { recorder, client: Side::default(), server: Side::default(), client_disconnect: None }
    }

    /// Whether anything is still to be seen in clear text.
    pub(crate) fn watches(&self) -> bool {
        self.client.stage != Stage::Over || self.server.stage != Stage::Over
    }

    /// Whether the client has begun a key exchange.
    pub(crate) fn kex_has_begun(&self) -> bool {
        self.client.lists.is_some()
    }

    /// Whether what this server sends is still in clear text.
    pub(crate) fn server_in_clear(&self) -> bool {
        self.server.stage != Stage::Over
    }

    pub(crate) fn received(&mut self, data: &[u8]) {
        if self.client.stage == Stage::Over {
            return;
        }
        self.client.buffer.extend_from_slice(data);
        if let Some(version) = self.client.identification() {
            self.recorder.record(ClientVersion::new(version));
        }
        while let Some(payload) = self.client.packet() {
            match payload.first() {
                Some(&MSG_NEWKEYS) => {
                    self.client.over();
                    if let Some(negotiated) = self.negotiated() {
                        self.recorder.record(negotiated);
                    }
                }
                Some(&MSG_DISCONNECT) => {
                    self.client_disconnect = disconnect_text(&payload);
                }
                _ => {}
            }
        }
    }

    pub(crate) fn sent(&mut self, data: &[u8]) {
        if self.server.stage == Stage::Over {
            return;
        }
        self.server.buffer.extend_from_slice(data);
        let _ours = self.server.identification();
        while let Some(payload) = self.server.packet() {
            if payload.first() == Some(&MSG_NEWKEYS) {
                self.server.over();
            }
        }
    }

    fn negotiated(&self) -> Option<Negotiated> {
        let (client, server) = (self.client.lists.as_ref()?, self.server.lists.as_ref()?);
        let first = |index: usize| -> String {
            let (Some(wanted), Some(offered)) = (client.names.get(index), server.names.get(index)) else {
                return String::new();
            };
            wanted.iter().find(|name| !is_signal(name) && offered.contains(name)).cloned().unwrap_or_default()
        };
        let mac = |cipher: &str, index| {
            if authenticates(cipher) { String::new() } else { first(index) }
        };
        let announces = |side: &Lists, name: &str| {
            side.names.first().is_some_and(|kex| kex.iter().any(|method| method == name))
        };
        let mut negotiated = Negotiated::default();
        negotiated.kex = first(0);
        negotiated.host_key = first(1);
        negotiated.cipher_in = first(2);
        negotiated.cipher_out = first(3);
        negotiated.mac_in = mac(&negotiated.cipher_in, 4);
        negotiated.mac_out = mac(&negotiated.cipher_out, 5);
        negotiated.compression_in = first(6);
        negotiated.compression_out = first(7);
        negotiated.strict = announces(client, "kex-strict-c-v00@openssh.com")
            && announces(server, "kex-strict-s-v00@openssh.com");
        negotiated.guessed = client.guess_follows;
        Some(negotiated)
    }
}

/// Names in the list of key exchange methods that announce an extension.
fn is_signal(name: &str) -> bool {
    name.starts_with("ext-info-") || name.starts_with("kex-strict-")
}

/// Whether a cipher needs no MAC.
fn authenticates(cipher: &str) -> bool {
    cipher.contains("gcm") || cipher.starts_with("chacha20-poly1305")
}

fn disconnect_text(payload: &[u8]) -> Option<String> {
    let mut fields = Fields(payload);
    fields.byte()?;
    let code = fields.u32()?;
    let text = fields.text()?;
    Some(format!("{text} (code {code})"))
}

impl Side {
    fn over(&mut self) {
        self.stage = Stage::Over;
        self.buffer = Vec::new();
    }

    /// The identification line, when it is complete; lines before it are skipped.
    fn identification(&mut self) -> Option<String> {
        while self.stage == Stage::Identification {
            let Some(end) = self.buffer.iter().position(|byte| *byte == b'\n') else {
                if self.buffer.len() > LONGEST_PREAMBLE {
                    self.over();
                }
                return None;
            };
            let line: Vec<u8> = self.buffer.drain(..=end).collect();
            if line.starts_with(b"SSH-") {
                self.stage = Stage::Packets;
                return Some(String::from_utf8_lossy(line.trim_ascii_end()).into_owned());
            }
        }
        None
    }

    /// The next packet's payload, when it is complete.
    fn packet(&mut self) -> Option<Vec<u8>> {
        if self.stage != Stage::Packets {
            return None;
        }
        match find_packet(&self.buffer) {
            Found::Partial => None,
            Found::Nonsense => {
                self.over();
                None
            }
            Found::Packet(payload, taken) => {
                let payload = payload.to_vec();
                self.buffer.drain(..taken);
                if payload.first() == Some(&MSG_KEXINIT) && self.lists.is_none() {
                    self.lists = Lists::parse(&payload);
                }
                Some(payload)
            }
        }
    }
}

impl Lists {
    /// RFC 4253 section 7.1: type, 16 bytes of cookie, ten name-lists, a flag; the two of languages are not used.
    fn parse(payload: &[u8]) -> Option<Self> {
        let mut fields = Fields(payload);
        fields.bytes(1 + 16)?;
        let mut lists = Self::default();
        for names in &mut lists.names {
            *names = fields.text()?.split(',').filter(|name| !name.is_empty()).map(str::to_owned).collect();
        }
        fields.text()?;
        fields.text()?;
        lists.guess_follows = fields.byte()? != 0;
        Some(lists)
    }
}

#[cfg(test)]
mod tests {
    use mock_base::{Journal, event};

    use super::*;

    fn kexinit(lists: [&str; 8], guess: bool) -> Vec<u8> {
        let mut payload = vec![MSG_KEXINIT];
        payload.extend([7; 16]);
        for list in lists.into_iter().chain(["", ""]) {
            payload.extend(u32::try_from(list.len()).unwrap().to_be_bytes());
            payload.extend(list.as_bytes());
        }
        payload.push(u8::from(guess));
        payload.extend([0; 4]);
        packet(&payload)
    }

    fn packet(payload: &[u8]) -> Vec<u8> {
        let padding = 8 - (5 + payload.len() + 4) % 8 + 4;
        let mut packet = u32::try_from(1 + payload.len() + padding).unwrap().to_be_bytes().to_vec();
        packet.push(u8::try_from(padding).unwrap());
        packet.extend(payload);
        packet.resize(packet.len() + padding, 0);
        packet
    }

    #[test]
    fn algorithms_are_worked_out_from_both_offers_byte_by_byte() {
        let journal = Journal::new();
        let mut observer = Observer::new(journal.recorder("lab"));
        let ours = [
            "b,a,kex-strict-s-v00@openssh.com",
            "k2,k1",
            "c1",
            "aes256-gcm@openssh.com",
            "m1",
            "m1",
            "none",
            "zlib",
        ];
        observer.sent(b"SSH-2.0-mock\r\n");
        observer.sent(&kexinit(ours, false));
        let theirs = [
            "ext-info-c,a,b,kex-strict-c-v00@openssh.com",
            "k1",
            "c1",
            "aes256-gcm@openssh.com",
            "m2,m1",
            "m2,m1",
            "none",
            "zlib",
        ];
        let mut bytes = b"hello\r\nSSH-2.0-client 1\r\n".to_vec();
        bytes.extend(kexinit(theirs, true));
        bytes.extend(packet(&[MSG_NEWKEYS]));
        bytes.extend(b"ciphertext");
        for byte in bytes {
            observer.received(&[byte]);
        }
        let version = journal.events().first(event::client_version()).unwrap();
        assert_eq!(version.version, "SSH-2.0-client 1");
        let negotiated = journal.events().first(event::negotiated()).unwrap();
        assert_eq!((negotiated.kex.as_str(), negotiated.host_key.as_str()), ("a", "k1"));
        assert_eq!((negotiated.mac_in.as_str(), negotiated.mac_out.as_str()), ("m1", ""));
        assert!(negotiated.strict && negotiated.guessed);
        assert!(observer.client.buffer.is_empty() && observer.server_in_clear());
    }

    #[test]
    fn what_is_not_ssh_is_dropped_and_not_kept() {
        let journal = Journal::new();
        let mut observer = Observer::new(journal.recorder("lab"));
        observer.received(&vec![b'x'; 3 * LONGEST_PREAMBLE]);
        assert!(observer.client.buffer.is_empty());
        assert_eq!(journal.events().all().len(), 0);
    }
}
