//! The job's tests, as its author would write them.

use std::error::Error;

use downstream_with_ssh2::{Host, Login};
use mock_auth::{KbdintRound, User, Users};
use mock_core::{ClientKit, Exec, Exit, HostKey, KitUser, MockSshServer, Session, event, prefix};
use tempfile::TempDir;

/// A host that takes backups of up to 8 MiB.
async fn store(mut session: Session) -> std::io::Result<Exit> {
    let mut stored = 0;
    while let Some(data) = session.read().await {
        stored += data.len();
    }
    if stored > 8 << 20 {
        session.write_err("disk full\n").await?;
        return Ok(Exit::status(28));
    }
    session.write(format!("stored {stored}\n")).await?;
    Ok(Exit::status(0))
}

struct Lab {
    server: MockSshServer,
    kit: ClientKit,
    _directory: TempDir,
}

impl Lab {
    fn start() -> Result<Self, Box<dyn Error>> {
        let key = HostKey::ecdsa().private_key().clone();
        let users = Users::new([
            User::named("backup").public_key(key.public_key().clone()).password("hunter2"),
            User::named("admin").keyboard_interactive([
                KbdintRound::new([("Password: ", false, "hunter2")]),
                KbdintRound::new([("Token: ", true, "123456")]),
            ]),
        ]);
        let exec = Exec::on(prefix("store ")).run(store);
        let server = MockSshServer::builder().auth(users).exec(exec).start_blocking()?;
        let directory = tempfile::tempdir()?;
        let kit = server.client_kit(directory.path()).user(KitUser::new("backup").identity(key)).write()?;
        Ok(Self { server, kit, _directory: directory })
    }

    fn connect(&self, user: &str, login: Login<'_>) -> Result<Host, ssh2::Error> {
        Host::connect(self.server.addr(), &self.kit.known_hosts_file(), user, login)
    }
}

#[test]
fn a_backup_is_stored() -> Result<(), Box<dyn Error>> {
    let lab = Lab::start()?;
    let host = lab.connect("backup", Login::Password("hunter2"))?;
    assert_eq!(host.store("monday", &vec![7; 4 << 20])?, (0, "stored 4194304\n".to_owned()));
    let exec = lab.server.events().wait_for(event::exec()).blocking()?;
    assert_eq!(exec.command, "store monday");
    lab.server.shutdown().blocking()?;
    Ok(())
}

#[test]
fn a_full_disk_is_reported() -> Result<(), Box<dyn Error>> {
    let lab = Lab::start()?;
    let host = lab.connect("backup", Login::Password("hunter2"))?;
    assert_eq!(host.store("tuesday", &vec![7; 9 << 20])?, (28, "disk full\n".to_owned()));
    // One connection serves several commands.
    assert_eq!(host.store("wednesday", b"little")?, (0, "stored 6\n".to_owned()));
    lab.server.shutdown().blocking()?;
    Ok(())
}

#[test]
fn every_login_works() -> Result<(), Box<dyn Error>> {
    let lab = Lab::start()?;
    let key = lab.kit.identity_file("backup").ok_or("the kit has the key")?;
    drop(lab.connect("backup", Login::Key(key))?);
    drop(lab.connect("admin", Login::Answers(&["hunter2", "123456"]))?);
    let methods: Vec<_> = lab.server.events().query(event::auth_accepted());
    let methods: Vec<_> = methods.iter().map(|accepted| &*accepted.method).collect();
    assert_eq!(methods, ["publickey", "keyboard-interactive"]);
    Ok(())
}

#[test]
fn wrong_secrets_are_errors() -> Result<(), Box<dyn Error>> {
    let lab = Lab::start()?;
    assert!(lab.connect("backup", Login::Password("letmein")).is_err());
    assert!(lab.connect("admin", Login::Answers(&["hunter2", "654321"])).is_err());
    assert_eq!(lab.server.events().count(event::auth_accepted()), 0);
    Ok(())
}

#[test]
fn a_stranger_in_the_place_of_the_host_is_an_error() -> Result<(), Box<dyn Error>> {
    let lab = Lab::start()?;
    let stranger = Lab::start()?;
    let known_hosts = lab.kit.known_hosts_file();
    let connected = Host::connect(stranger.server.addr(), &known_hosts, "backup", Login::Password("hunter2"));
    assert!(connected.is_err());
    assert_eq!(stranger.server.events().count(event::auth_attempt()), 0);
    Ok(())
}
