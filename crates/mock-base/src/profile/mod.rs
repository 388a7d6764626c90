//! What real servers are like, as data: what they say and in which order, what they allow, and where that was read.
//!
//! It stands here and not in the crates that act on it, so that all that is known of a server is in one file: mock-core takes the
//! half of the transport and mock-sftp the half of the files, each through the settings that anybody can call. What they cannot
//! imitate stands here all the same; they tell what they leave out.

mod aws_transfer;
mod cisco_ios;
mod dropbear;
mod openssh;
mod proftpd;

use std::{fmt, time::Duration};

/// A real server as a client meets it with the defaults of its maker.
///
/// ```
/// use mock_base::Profile;
///
/// let profile = Profile::named("openssh-7.4")?;
/// assert_eq!(profile.version, "SSH-2.0-OpenSSH_7.4");
/// assert_eq!(profile.kex.first(), Some(&"curve25519-sha256"));
/// # Ok::<(), mock_base::UnknownProfile>(())
/// ```
///
/// Lists are in the order in which the server sends them, with everything that it sends, whether or not this project has it. An
/// option that is `None` was not found in any source, or is no different from the default of the mock.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Profile {
    /// What it is asked for by: `openssh-9.6`.
    pub name: &'static str,
    /// What it is, for people.
    pub title: &'static str,
    /// The identification line (RFC 4253 section 4.2), without its end.
    pub version: &'static str,
    /// Key exchange methods, with those that are no methods but announce something (`ext-info-s`).
    pub kex: &'static [&'static str],
    /// Signature algorithms of its host keys; it has a key of each type that they need.
    pub host_keys: &'static [&'static str],
    /// Signature algorithms that it accepts of clients beside those of its host keys.
    pub client_keys: &'static [&'static str],
    /// Ciphers, the same in both directions.
    pub ciphers: &'static [&'static str],
    /// MACs, the same in both directions.
    pub macs: &'static [&'static str],
    /// Compression methods, the same in both directions.
    pub compression: &'static [&'static str],
    /// How long it waits and how much it takes.
    pub limits: ProfileLimits,
    /// Whether the end of a program's data is sent before its exit status, and not behind it.
    pub exit_status_after_eof: bool,
    /// Whether it closes the connection when a session has ended.
    pub closes_after_session: bool,
    /// Its SFTP server, if it has one of its own.
    pub sftp: Option<SftpProfile>,
    /// What else is to know: what the lists are of, and what the mock does otherwise.
    pub notes: &'static [&'static str],
    /// Where all this was read or seen.
    pub sources: &'static [&'static str],
}

/// What a server puts up with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct ProfileLimits {
    /// Refused attempts to log in before it disconnects.
    pub max_auth_attempts: Option<u32>,
    /// How long a client may take to log in.
    pub handshake_timeout: Option<Duration>,
    /// After which time without a word it disconnects.
    pub inactivity_timeout: Option<Duration>,
    /// Channels of a connection at once.
    pub max_channels: Option<usize>,
    /// Bytes that a client may send on a channel before it is told that there is room for more.
    pub window: Option<u32>,
    /// Bytes of data in a packet of a channel.
    pub max_packet: Option<u32>,
}

impl ProfileLimits {
    /// Nothing is known.
    const NONE: Self = Self {
        max_auth_attempts: None,
        handshake_timeout: None,
        inactivity_timeout: None,
        max_channels: None,
        window: None,
        max_packet: None,
    };
}

/// An SFTP server as a client meets it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct SftpProfile {
    /// The highest version that it speaks.
    pub version: u32,
    /// Names and data of the extensions that it announces to a client of version 3.
    pub extensions: &'static [(&'static str, &'static str)],
    /// Bytes that it returns at most for one read.
    pub max_read: Option<u32>,
}

/// There is no profile with this name.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("there is no profile `{name}`: they are {}", Known)]
pub struct UnknownProfile {
    /// The name.
    pub name: String,
}

/// The names of all.
struct Known;

impl fmt::Display for Known {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<_> = Profile::ALL.iter().map(|profile| format!("`{}`", profile.name)).collect();
        f.write_str(&names.join(", "))
    }
}

impl Profile {
    /// OpenSSH 7.4, of 2016: that of `CentOS` 7 and Debian 9, as its authors released it.
    pub const OPENSSH_7_4: Self = openssh::V7_4;
    /// OpenSSH 8.9, of 2022: that of Ubuntu 22.04, as its authors released it.
    pub const OPENSSH_8_9: Self = openssh::V8_9;
    /// OpenSSH 9.6, of 2023: that of Ubuntu 24.04, as its authors released it.
    pub const OPENSSH_9_6: Self = openssh::V9_6;
    /// OpenSSH 10.0, of 2025: that of Debian 13, as its authors released it.
    pub const OPENSSH_10_0: Self = openssh::V10_0;
    /// Dropbear 2022.83, as Debian 12 has it.
    pub const DROPBEAR: Self = dropbear::DEBIAN_12;
    /// Cisco IOS 12.4 to 15, before its algorithms could be configured.
    pub const CISCO_IOS: Self = cisco_ios::CLASSIC;
    /// AWS Transfer Family with the security policy that it gives new servers.
    pub const AWS_TRANSFER: Self = aws_transfer::POLICY_2024_01;
    /// `ProFTPD` 1.3.8 with `mod_sftp`, as Debian 12 has it.
    pub const PROFTPD: Self = proftpd::DEBIAN_12;

    /// All that there are.
    pub const ALL: [&'static Self; 8] = [
        &Self::OPENSSH_7_4,
        &Self::OPENSSH_8_9,
        &Self::OPENSSH_9_6,
        &Self::OPENSSH_10_0,
        &Self::DROPBEAR,
        &Self::CISCO_IOS,
        &Self::AWS_TRANSFER,
        &Self::PROFTPD,
    ];

    /// The one with this name.
    ///
    /// # Errors
    ///
    /// [`UnknownProfile`], which names all that there are.
    pub fn named(name: &str) -> Result<&'static Self, UnknownProfile> {
        let found = Self::ALL.into_iter().find(|profile| profile.name == name);
        found.ok_or_else(|| UnknownProfile { name: name.to_owned() })
    }

    /// The lists of algorithms, by what they are of, in the order of `SSH_MSG_KEXINIT`.
    pub fn lists(&self) -> impl Iterator<Item = (&'static str, &'static [&'static str])> {
        [
            ("key exchange", self.kex),
            ("host key", self.host_keys),
            ("cipher", self.ciphers),
            ("MAC", self.macs),
            ("compression", self.compression),
        ]
        .into_iter()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_profile_is_found_by_its_name_and_says_where_it_is_from() {
        for profile in Profile::ALL {
            assert_eq!(Profile::named(profile.name), Ok(profile));
            assert!(profile.version.starts_with("SSH-2.0-"), "{}", profile.version);
            assert!(!profile.sources.is_empty(), "{}", profile.name);
            for (list, names) in profile.lists() {
                let mut once = names.to_vec();
                once.sort_unstable();
                once.dedup();
                assert_eq!(once.len(), names.len(), "{list} of {}", profile.name);
                assert!(!names.is_empty(), "{list} of {}", profile.name);
            }
        }
    }

    #[test]
    fn an_unknown_name_is_told_those_that_there_are() {
        let unknown = Profile::named("openssh").unwrap_err().to_string();
        assert!(unknown.starts_with("there is no profile `openssh`: they are `openssh-7.4`, "), "{unknown}");
        assert!(unknown.ends_with("`proftpd`"), "{unknown}");
    }
}
