//! AWS Transfer Family, the SFTP server that one rents.

use std::time::Duration;

use super::{Profile, ProfileLimits, SftpProfile};

pub(super) const POLICY_2024_01: Profile = Profile {
    name: "aws-transfer",
    title: "AWS Transfer Family with TransferSecurityPolicy-2024-01, the default of new servers",
    version: "SSH-2.0-AWS_SFTP_1.1",
    kex: &[
        "ecdh-sha2-nistp256",
        "ecdh-sha2-nistp384",
        "ecdh-sha2-nistp521",
        "curve25519-sha256",
        "curve25519-sha256@libssh.org",
        "diffie-hellman-group18-sha512",
        "diffie-hellman-group16-sha512",
        "diffie-hellman-group-exchange-sha256",
        "ext-info-s",
        "kex-strict-s-v00@openssh.com",
    ],
    host_keys: &["rsa-sha2-512", "rsa-sha2-256", "ecdsa-sha2-nistp256", "ssh-ed25519"],
    client_keys: &["ecdsa-sha2-nistp384", "ecdsa-sha2-nistp521"],
    ciphers: &["aes128-gcm@openssh.com", "aes256-gcm@openssh.com", "aes128-ctr", "aes256-ctr", "aes192-ctr"],
    macs: &["hmac-sha2-256-etm@openssh.com", "hmac-sha2-512-etm@openssh.com"],
    compression: &["none", "zlib@openssh.com"],
    limits: ProfileLimits {
        inactivity_timeout: Some(Duration::from_secs(1800)),
        max_channels: Some(10),
        ..ProfileLimits::NONE
    },
    exit_status_after_eof: false,
    closes_after_session: false,
    sftp: Some(SftpProfile { version: 3, extensions: &[], max_read: None }),
    notes: &[
        "has no shell and no commands, so no scp -O either: serve it with `default = \"deny\"` or --exec deny",
        "whether ext-info-s and strict key exchange are announced was not found: they are, as is the mock's default",
        "the order of host keys of different types was not found; a server may have some of these types only",
        "how often a login may fail, and the order of exit status and end of data, were not found: they are as the mock's default",
        "servers of 2025 call themselves SSH-2.0-AWS_SFTP_1.2",
        "sends no banner unless it is configured to",
    ],
    sources: &[
        "algorithms: `Security policy details` in https://docs.aws.amazon.com/transfer/latest/userguide/security-policies.html",
        "version, MACs, compression, window and the SFTP version without extensions, as a client logs them: https://github.com/phpseclib/phpseclib/issues/2069",
        "RSA host keys, as clients log them: https://github.com/mwiede/jsch/issues/437",
        "limits: https://docs.aws.amazon.com/transfer/latest/userguide/transfer-file.html",
    ],
};
