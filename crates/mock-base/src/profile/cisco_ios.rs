//! Cisco IOS, of which so many are in use that network automation has to cope with them.

use std::time::Duration;

use super::{Profile, ProfileLimits};

pub(super) const CLASSIC: Profile = Profile {
    name: "cisco-ios",
    title: "Cisco IOS 12.4 to 15, before its algorithms could be configured",
    version: "SSH-2.0-Cisco-1.25",
    kex: &["diffie-hellman-group-exchange-sha1", "diffie-hellman-group14-sha1", "diffie-hellman-group1-sha1"],
    host_keys: &["ssh-rsa"],
    client_keys: &[],
    ciphers: &["aes128-cbc", "3des-cbc", "aes192-cbc", "aes256-cbc"],
    macs: &["hmac-sha1", "hmac-sha1-96", "hmac-md5", "hmac-md5-96"],
    compression: &["none"],
    limits: ProfileLimits {
        max_auth_attempts: Some(3),
        handshake_timeout: Some(Duration::from_secs(120)),
        window: Some(8192),
        max_packet: Some(4096),
        ..ProfileLimits::NONE
    },
    exit_status_after_eof: false,
    closes_after_session: true,
    sftp: None,
    notes: &[
        "current OpenSSH needs -o KexAlgorithms=+diffie-hellman-group14-sha1 -o HostKeyAlgorithms=+ssh-rsa -o Ciphers=+aes128-cbc",
        "closes the connection without a message when the command has ended: one command for each connection",
        "whether the exit status comes before or behind the end of data was not found: it is as the mock's default",
        "later releases offer aes128-ctr, aes192-ctr and aes256-ctr before these ciphers, and can be configured",
        "without `ip ssh version 2` it calls itself SSH-1.99-Cisco-1.25, which the mock cannot",
        "what SFTP is like is as the mock's default",
    ],
    sources: &[
        "version and lists, as clients log them: https://github.com/mscdex/ssh2/issues/284, https://github.com/mscdex/ssh2/issues/1064 (key exchange, host key, ciphers)",
        "MACs, as paramiko logs them of such devices; with them SSH_MSG_KEXINIT has the 340 bytes of the logs above",
        "window, packets and the closed connection: https://github.com/net-ssh/net-ssh/issues/388, https://github.com/net-ssh/net-ssh/issues/429",
        "max_auth_attempts and handshake_timeout: what `show ip ssh` prints where nothing else was configured; https://tenable.com/audits/items/CIS_Cisco_IOS_15_v4.1.1_Level_1.audit:7fa4fab07ec897dfe4fd699595f1f4f4",
        "later releases: https://www.cisco.com/c/en/us/td/docs/ios-xml/ios/sec_usr_ssh/configuration/xe-16/sec-usr-ssh-xe-16-book/sec-secure-shell-algorithm-ccc.html",
    ],
};
