//! The client kit: what is in the files, who may read them, and what is refused.

use std::{fs, os::unix::fs::PermissionsExt as _};

use mock_core::{HostKey, KitError, KitUser};

use crate::support::open;

#[tokio::test]
async fn files_are_private_and_say_how_to_connect() {
    let directory = tempfile::tempdir().unwrap();
    let inner = directory.path().join("kit 100%");
    let server = open().host_key(HostKey::ed25519()).start().await.unwrap();
    let key = HostKey::ed25519();
    let kit = server
        .client_kit(&inner)
        .user(KitUser::new("deploy").identity(key.private_key().clone()).agent_socket("/run/agent.sock"))
        .user(KitUser::new("plain"))
        .agent_socket("/run/agent.sock")
        .write()
        .unwrap();
    let mode = |path: &std::path::Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(kit.directory()), 0o700);
    let identity = kit.identity_file("deploy").unwrap();
    for file in [&kit.config_file(), &kit.known_hosts_file(), identity] {
        assert_eq!(mode(file), 0o600, "{}", file.display());
    }
    let port = server.port();
    let known = format!("[127.0.0.1]:{port} {}\n", server.host_keys().first().unwrap().to_openssh());
    assert_eq!(fs::read_to_string(kit.known_hosts_file()).unwrap(), known);
    let config = fs::read_to_string(kit.config_file()).unwrap();
    let config =
        config.replace(&inner.canonicalize().unwrap().display().to_string().replace('%', "%%"), "DIR");
    insta::assert_snapshot!(config.replace(&port.to_string(), "PORT"));
    let environment: Vec<_> = kit.environment().into_iter().map(|(name, _)| name).collect();
    let names =
        ["MOCK_SSH_HOST", "MOCK_SSH_PORT", "MOCK_SSH_CONFIG", "MOCK_SSH_KNOWN_HOSTS", "SSH_AUTH_SOCK"];
    assert_eq!(environment, names);
    assert_eq!(kit.sftp_url("deploy"), format!("sftp://deploy@127.0.0.1:{port}/"));
    assert_eq!(HostKey::read(identity).unwrap().to_openssh(), key.to_openssh());
}

#[tokio::test]
async fn a_name_that_would_break_out_is_refused() {
    let directory = tempfile::tempdir().unwrap();
    let server = open().start().await.unwrap();
    for name in ["", "a b", "../x", "a\nHost *", "-oProxyCommand=x", "a@b", "x.pub", "*"] {
        let error = server.client_kit(directory.path()).user(KitUser::new(name)).write().unwrap_err();
        assert!(matches!(error, KitError::UserName { .. }), "{name:?}: {error}");
    }
}

#[test]
fn a_host_key_that_cannot_be_used_is_told_from_one_that_is_none() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("key");
    fs::write(&path, "nonsense").unwrap();
    let error = HostKey::read(&path).unwrap_err().to_string();
    assert_eq!(error, format!("host key `{}` is not a private key", path.display()));
    let key = HostKey::ed25519();
    let encrypted = key.private_key().encrypt(&mut mock_core::keys::safe_rng(), "secret").unwrap();
    fs::write(&path, encrypted.to_openssh(mock_core::keys::ssh_key::LineEnding::LF).unwrap()).unwrap();
    let error = HostKey::read(&path).unwrap_err().to_string();
    assert!(error.contains("is encrypted: remove its passphrase"), "{error}");
    let endless = HostKey::read("/dev/zero").unwrap_err().to_string();
    assert_eq!(endless, "host key `/dev/zero` is no key: it has more than 1048576 bytes");
    let missing = HostKey::read(directory.path().join("none")).unwrap_err().to_string();
    assert!(missing.starts_with("cannot read host key"), "{missing}");
    let text = key.private_key().to_openssh(mock_core::keys::ssh_key::LineEnding::LF).unwrap();
    assert_eq!(HostKey::parse(&text).unwrap().md5().len(), "MD5:".len() + 16 * 3 - 1);
}

#[tokio::test]
async fn certificates_are_written_where_clients_look_for_them() {
    use mock_core::keys::{Certificate, PrivateKey, safe_rng, ssh_key::certificate::Builder};
    let authority = HostKey::ed25519();
    let certify = |key: &PrivateKey| -> Certificate {
        let public = key.public_key().key_data().clone();
        let mut builder = Builder::new_with_random_nonce(&mut safe_rng(), public, 0, u64::MAX).unwrap();
        builder.all_principals_valid().unwrap();
        builder.sign(authority.private_key()).unwrap()
    };
    let directory = tempfile::tempdir().unwrap();
    let host = HostKey::ed25519();
    let host = host.clone().with_certificate(certify(host.private_key())).unwrap();
    let server = open().host_key(host).host_key(HostKey::ecdsa()).start().await.unwrap();
    let key = HostKey::ed25519().private_key().clone();
    let certificate = certify(&key);
    let user = || KitUser::new("deploy").identity(key.clone()).certificate(certificate.clone());
    let kit = server.client_kit(directory.path()).user(user()).write().unwrap();

    let written = fs::read_to_string(kit.certificate_file("deploy")).unwrap();
    assert_eq!(Certificate::from_openssh(&written).unwrap(), certificate);
    assert!(fs::read_to_string(kit.config_file()).unwrap().contains("CertificateFile \""));
    let host = format!("[127.0.0.1]:{}", server.port());
    let [trusted, known] = kit.known_hosts() else {
        panic!("two host keys make {:?}", kit.known_hosts());
    };
    // The authority in place of the key, so that a bad certificate is not made good by it.
    assert_eq!(*trusted, format!("@cert-authority {host} {}", authority.to_openssh()));
    assert!(known.starts_with(&format!("{host} ecdsa-sha2-nistp256 ")));

    let clash = server.client_kit(directory.path()).user(user()).user(KitUser::new("deploy-cert")).write();
    assert!(matches!(clash.unwrap_err(), KitError::UserName { name } if name == "deploy-cert"));
}
