//! Dropbear, the server of routers and small images.

use std::time::Duration;

use super::{Profile, ProfileLimits};

pub(super) const DEBIAN_12: Profile = Profile {
    name: "dropbear",
    title: "Dropbear 2022.83 as Debian 12 has it",
    version: "SSH-2.0-dropbear_2022.83",
    kex: &[
        "curve25519-sha256",
        "curve25519-sha256@libssh.org",
        "ecdh-sha2-nistp521",
        "ecdh-sha2-nistp384",
        "ecdh-sha2-nistp256",
        "diffie-hellman-group14-sha256",
        "diffie-hellman-group14-sha1",
        "kexguess2@matt.ucc.asn.au",
        "kex-strict-s-v00@openssh.com",
    ],
    host_keys: &["ssh-ed25519", "ecdsa-sha2-nistp256", "rsa-sha2-256", "ssh-rsa"],
    client_keys: &[
        "sk-ssh-ed25519@openssh.com",
        "ecdsa-sha2-nistp384",
        "ecdsa-sha2-nistp521",
        "sk-ecdsa-sha2-nistp256@openssh.com",
    ],
    ciphers: &["chacha20-poly1305@openssh.com", "aes128-ctr", "aes256-ctr"],
    macs: &["hmac-sha1", "hmac-sha2-256"],
    compression: &["zlib@openssh.com", "none"],
    limits: ProfileLimits {
        max_auth_attempts: Some(10),
        handshake_timeout: Some(Duration::from_secs(300)),
        window: Some(24_576),
        max_packet: Some(32_759),
        ..ProfileLimits::NONE
    },
    exit_status_after_eof: true,
    closes_after_session: false,
    sftp: None,
    notes: &[
        "runs another's program for SFTP, mostly OpenSSH's sftp-server: what SFTP is like is as the mock's default",
        "sends no banner unless it is configured to",
        "kex-strict-s-v00@openssh.com is Debian's addition: of Dropbear itself, 2024.84 is the first to have it",
    ],
    sources: &[
        "version, lists, window and order of the end: seen of Debian's dropbear-bin 2022.83-1+deb12u3 with ssh -vvv",
        "max_auth_attempts: MAX_AUTH_TRIES in https://github.com/mkj/dropbear/blob/DROPBEAR_2022.83/default_options.h",
        "handshake_timeout: AUTH_TIMEOUT in https://github.com/mkj/dropbear/blob/DROPBEAR_2022.83/sysoptions.h",
    ],
};
