//! OpenSSH as its authors release it, with the host keys that `ssh-keygen -A` makes and an empty configuration.

use std::time::Duration;

use super::{Profile, ProfileLimits, SftpProfile};

/// `servconf.c`, the same since 3.8: `MaxAuthTries` 6 and `LoginGraceTime` 120. Windows are those of the mock.
const LIMITS: ProfileLimits = ProfileLimits {
    max_auth_attempts: Some(6),
    handshake_timeout: Some(Duration::from_secs(120)),
    ..ProfileLimits::NONE
};

const MACS: &[&str] = &[
    "umac-64-etm@openssh.com",
    "umac-128-etm@openssh.com",
    "hmac-sha2-256-etm@openssh.com",
    "hmac-sha2-512-etm@openssh.com",
    "hmac-sha1-etm@openssh.com",
    "umac-64@openssh.com",
    "umac-128@openssh.com",
    "hmac-sha2-256",
    "hmac-sha2-512",
    "hmac-sha1",
];

/// Until 9.9, which put AES-GCM before AES-CTR.
const CIPHERS: &[&str] = &[
    "chacha20-poly1305@openssh.com",
    "aes128-ctr",
    "aes192-ctr",
    "aes256-ctr",
    "aes128-gcm@openssh.com",
    "aes256-gcm@openssh.com",
];

const COMPRESSION: &[&str] = &["none", "zlib@openssh.com"];

const HOST_KEYS: &[&str] = &["rsa-sha2-512", "rsa-sha2-256", "ecdsa-sha2-nistp256", "ssh-ed25519"];

/// `KEX_DEFAULT_PK_ALG` beyond the host keys.
const CLIENT_KEYS: &[&str] = &[
    "ecdsa-sha2-nistp384",
    "ecdsa-sha2-nistp521",
    "sk-ssh-ed25519@openssh.com",
    "sk-ecdsa-sha2-nistp256@openssh.com",
];

/// All that `sftp-server` has announced since 9.1.
const EXTENSIONS: [(&str, &str); 11] = [
    ("posix-rename@openssh.com", "1"),
    ("statvfs@openssh.com", "2"),
    ("fstatvfs@openssh.com", "2"),
    ("hardlink@openssh.com", "1"),
    ("fsync@openssh.com", "1"),
    ("lsetstat@openssh.com", "1"),
    ("limits@openssh.com", "1"),
    ("expand-path@openssh.com", "1"),
    ("copy-data", "1"),
    ("home-directory", "1"),
    ("users-groups-by-id@openssh.com", "1"),
];

/// Those of 7.4, and of 8.9.
const EXTENSIONS_OF_7_4: [(&str, &str); 5] =
    [EXTENSIONS[0], EXTENSIONS[1], EXTENSIONS[2], EXTENSIONS[3], EXTENSIONS[4]];
const EXTENSIONS_OF_8_9: [(&str, &str); 8] = [
    EXTENSIONS[0],
    EXTENSIONS[1],
    EXTENSIONS[2],
    EXTENSIONS[3],
    EXTENSIONS[4],
    EXTENSIONS[5],
    EXTENSIONS[6],
    EXTENSIONS[7],
];

const SFTP: SftpProfile = SftpProfile { version: 3, extensions: &EXTENSIONS, max_read: None };

/// What is true of each.
const NO_SUFFIX: &str = "distributions add to the version: Ubuntu's `SSH-2.0-OpenSSH_9.6p1 Ubuntu-3ubuntu13`, say; set it if that matters";
const NO_SESSION_LIMIT: &str =
    "MaxSessions (10) is not kept: it counts sessions, the mock's limit counts every channel";
const NO_BANNER: &str = "sends no banner unless it is configured to";
const NO_ROTATION: &str =
    "does not offer its other host keys after the login (hostkeys-00@openssh.com), as the real one does";

const EXIT_ORDER: &str =
    "exit status, end of data, close, in this order: seen of Debian 12's 9.2 with ssh -vvv";
const MANUAL: &str = "MaxAuthTries and LoginGraceTime: sshd_config(5), https://man.openbsd.org/sshd_config";

pub(super) const V7_4: Profile = Profile {
    name: "openssh-7.4",
    title: "OpenSSH 7.4, released in December 2016 (CentOS 7, Debian 9)",
    version: "SSH-2.0-OpenSSH_7.4",
    kex: &[
        "curve25519-sha256",
        "curve25519-sha256@libssh.org",
        "ecdh-sha2-nistp256",
        "ecdh-sha2-nistp384",
        "ecdh-sha2-nistp521",
        "diffie-hellman-group-exchange-sha256",
        "diffie-hellman-group16-sha512",
        "diffie-hellman-group18-sha512",
        "diffie-hellman-group14-sha256",
        "diffie-hellman-group14-sha1",
    ],
    host_keys: &["ssh-rsa", "rsa-sha2-512", "rsa-sha2-256", "ecdsa-sha2-nistp256", "ssh-ed25519"],
    client_keys: &["ecdsa-sha2-nistp384", "ecdsa-sha2-nistp521"],
    ciphers: CIPHERS,
    macs: MACS,
    compression: COMPRESSION,
    limits: LIMITS,
    exit_status_after_eof: false,
    closes_after_session: false,
    sftp: Some(SftpProfile { version: 3, extensions: &EXTENSIONS_OF_7_4, max_read: Some(64 * 1024) }),
    notes: &[
        "that of CentOS 7 also offers group1, group exchange with SHA-1 and CBC ciphers",
        NO_SUFFIX,
        NO_BANNER,
        NO_SESSION_LIMIT,
        NO_ROTATION,
    ],
    sources: &[
        "algorithms: KEX_SERVER_KEX, KEX_SERVER_ENCRYPT, KEX_SERVER_MAC, KEX_DEFAULT_COMP in https://github.com/openssh/openssh-portable/blob/V_7_4_P1/myproposal.h",
        "order of host keys: list_hostkey_types in https://github.com/openssh/openssh-portable/blob/V_7_4_P1/sshd.c",
        "SFTP: process_init and process_read in https://github.com/openssh/openssh-portable/blob/V_7_4_P1/sftp-server.c",
        MANUAL,
        EXIT_ORDER,
    ],
};

pub(super) const V8_9: Profile = Profile {
    name: "openssh-8.9",
    title: "OpenSSH 8.9, released in February 2022 (Ubuntu 22.04)",
    version: "SSH-2.0-OpenSSH_8.9",
    kex: &[
        "curve25519-sha256",
        "curve25519-sha256@libssh.org",
        "ecdh-sha2-nistp256",
        "ecdh-sha2-nistp384",
        "ecdh-sha2-nistp521",
        "sntrup761x25519-sha512@openssh.com",
        "diffie-hellman-group-exchange-sha256",
        "diffie-hellman-group16-sha512",
        "diffie-hellman-group18-sha512",
        "diffie-hellman-group14-sha256",
    ],
    host_keys: HOST_KEYS,
    client_keys: CLIENT_KEYS,
    ciphers: CIPHERS,
    macs: MACS,
    compression: COMPRESSION,
    limits: LIMITS,
    exit_status_after_eof: false,
    closes_after_session: false,
    sftp: Some(SftpProfile { version: 3, extensions: &EXTENSIONS_OF_8_9, max_read: None }),
    notes: &[
        "distributions have added strict key exchange (kex-strict-s-v00@openssh.com) since",
        NO_SUFFIX,
        NO_BANNER,
        NO_SESSION_LIMIT,
        NO_ROTATION,
    ],
    sources: &[
        "algorithms: KEX_SERVER_KEX, KEX_SERVER_ENCRYPT, KEX_SERVER_MAC, KEX_DEFAULT_COMP in https://github.com/openssh/openssh-portable/blob/V_8_9_P1/myproposal.h",
        "where sntrup761 stands: https://www.openssh.com/txt/release-8.9",
        "SFTP: process_init in https://github.com/openssh/openssh-portable/blob/V_8_9_P1/sftp-server.c; what came later in https://www.openssh.com/txt/release-9.0 and release-9.1",
        MANUAL,
        EXIT_ORDER,
    ],
};

pub(super) const V9_6: Profile = Profile {
    name: "openssh-9.6",
    title: "OpenSSH 9.6, released in December 2023 (Ubuntu 24.04)",
    version: "SSH-2.0-OpenSSH_9.6",
    kex: &[
        "sntrup761x25519-sha512@openssh.com",
        "curve25519-sha256",
        "curve25519-sha256@libssh.org",
        "ecdh-sha2-nistp256",
        "ecdh-sha2-nistp384",
        "ecdh-sha2-nistp521",
        "diffie-hellman-group-exchange-sha256",
        "diffie-hellman-group16-sha512",
        "diffie-hellman-group18-sha512",
        "diffie-hellman-group14-sha256",
        "ext-info-s",
        "kex-strict-s-v00@openssh.com",
    ],
    host_keys: HOST_KEYS,
    client_keys: CLIENT_KEYS,
    ciphers: CIPHERS,
    macs: MACS,
    compression: COMPRESSION,
    limits: LIMITS,
    exit_status_after_eof: false,
    closes_after_session: false,
    sftp: Some(SFTP),
    notes: &[NO_SUFFIX, NO_BANNER, NO_SESSION_LIMIT, NO_ROTATION],
    sources: &[
        "algorithms: KEX_SERVER_KEX, KEX_SERVER_ENCRYPT, KEX_SERVER_MAC, KEX_DEFAULT_COMP in https://github.com/openssh/openssh-portable/blob/V_9_6_P1/myproposal.h",
        "what is announced behind the methods: kex_proposal_populate_entries in https://github.com/openssh/openssh-portable/blob/V_9_6_P1/kex.c, and the packet that Ubuntu's 9.6p1 sends",
        "SFTP: process_init in https://github.com/openssh/openssh-portable/blob/V_9_6_P1/sftp-server.c",
        MANUAL,
        EXIT_ORDER,
    ],
};

pub(super) const V10_0: Profile = Profile {
    name: "openssh-10.0",
    title: "OpenSSH 10.0, released in April 2025 (Debian 13)",
    version: "SSH-2.0-OpenSSH_10.0",
    kex: &[
        "mlkem768x25519-sha256",
        "sntrup761x25519-sha512",
        "sntrup761x25519-sha512@openssh.com",
        "curve25519-sha256",
        "curve25519-sha256@libssh.org",
        "ecdh-sha2-nistp256",
        "ecdh-sha2-nistp384",
        "ecdh-sha2-nistp521",
        "ext-info-s",
        "kex-strict-s-v00@openssh.com",
    ],
    host_keys: HOST_KEYS,
    client_keys: CLIENT_KEYS,
    ciphers: &[
        "chacha20-poly1305@openssh.com",
        "aes128-gcm@openssh.com",
        "aes256-gcm@openssh.com",
        "aes128-ctr",
        "aes192-ctr",
        "aes256-ctr",
    ],
    macs: MACS,
    compression: COMPRESSION,
    limits: LIMITS,
    exit_status_after_eof: false,
    closes_after_session: false,
    sftp: Some(SFTP),
    notes: &[NO_SUFFIX, NO_BANNER, NO_SESSION_LIMIT, NO_ROTATION],
    sources: &[
        "algorithms: KEX_SERVER_KEX, KEX_SERVER_ENCRYPT, KEX_SERVER_MAC, KEX_DEFAULT_COMP in https://github.com/openssh/openssh-portable/blob/V_10_0_P1/myproposal.h",
        "what changed: https://www.openssh.com/txt/release-10.0",
        "SFTP: process_init in https://github.com/openssh/openssh-portable/blob/V_10_0_P1/sftp-server.c",
        MANUAL,
        EXIT_ORDER,
    ],
};
