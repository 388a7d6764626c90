//! Faults of connections, logins and channels. Each client does the same: it logs in with a password, and sends 8 KiB through
//! `cat`.

use std::{sync::LazyLock, time::Duration};

use mock_auth::Password;
use mock_core::{
    Delay, DisconnectReason, Exec, Fault, Method, MockSshServer, OpenFailure, Session, event,
    fault::{Action, Amount, ChannelType, RequestType, Stage},
};

use super::{Row, row};

/// What a fault does to a client.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Does {
    /// It fails, and says why.
    Fails,
    /// It works all the same.
    Works,
    /// It waits for as long as the server runs.
    Waits,
    /// It waits as well, or has all that it asks for.
    MayWait,
    /// It waits for as long as it has patience.
    LosesPatience,
}

use Does::{Fails, LosesPatience, MayWait, Waits, Works};

/// A fault, its row, and what becomes of a client.
#[derive(Debug)]
pub(crate) struct Case {
    fault: Fault,
    row: Row,
    pub(crate) does: Does,
}

macro_rules! cases {
    ($($does:expr => $fault:expr,)*) => {
        vec![$({
            let row = row!($fault);
            Case { fault: $fault, row, does: $does }
        }),*]
    };
}

/// What a client printed, and whether it has done its work.
#[derive(Debug)]
pub(crate) struct Outcome {
    pub(crate) works: bool,
    pub(crate) printed: String,
}

/// A way to run a client against a server: started, and finished when it is told to.
pub(crate) type Run = fn(&MockSshServer, Does, &mut dyn FnMut()) -> Outcome;

/// Plays each fault for a client, holds what came to the journal and to the document, and tells all that is wrong at once.
pub(crate) fn play(client: &str, cases: Vec<Case>, run: Run) {
    let problems: Vec<_> = cases.into_iter().filter_map(|case| case.play(client, run).err()).collect();
    assert!(problems.is_empty(), "{}", problems.join("\n\n"));
}

impl Case {
    fn play(self, client: &str, run: Run) -> Result<(), String> {
        let cat = async |mut session: Session| {
            while let Some(data) = session.read().await {
                session.write(data).await?;
            }
            std::io::Result::Ok(())
        };
        let text = self.row.text.clone();
        let builder = MockSshServer::builder().auth(Password::new("anna", "hunter2"));
        let server =
            builder.exec(Exec::on("cat").run(cat)).fault(self.fault.clone()).start_blocking().unwrap();
        let (events, stopper, port) = (server.events(), server.stopper(), server.port());
        // Whoever waits, waits until the server ends, which it does once the fault has struck.
        let mut when_started = || {
            if matches!(self.does, Waits | MayWait) {
                events.wait_for(event::fault()).blocking().unwrap();
                stopper.stop();
            }
        };
        let outcome = run(&server, self.does, &mut when_started);
        let timeline = server.events().timeline().to_string();
        if self.does != MayWait && outcome.works != (self.does == Works) {
            return Err(format!("{client} with `{text}`: {outcome:?}\n{timeline}"));
        }
        let struck = server.events().faults();
        let (stage, action) = (self.fault.stage().to_string(), self.fault.action().to_string());
        if !struck.iter().any(|fault| (&*fault.stage, &*fault.action) == (&*stage, &*action)) {
            return Err(format!("`{text}` was not recorded\n{timeline}"));
        }
        server.shutdown().blocking().unwrap();
        if !has_the_texts(client) {
            return Ok(());
        }
        self.row.check(client, &without_chance(&outcome.printed, port))
    }
}

/// Whether this machine has the client whose texts the document has. Of Python's libraries the versions are pinned.
fn has_the_texts(client: &str) -> bool {
    static OPENSSH: LazyLock<bool> = LazyLock::new(|| {
        let said = std::process::Command::new("ssh").arg("-V").output().unwrap().stderr;
        String::from_utf8_lossy(&said).starts_with("OpenSSH_9.2")
    });
    client != "OpenSSH" || *OPENSSH
}

/// What a client printed without what is another time something else: ports, keys, lengths.
fn without_chance(printed: &str, port: u16) -> String {
    const LONGEST: usize = 120;
    let printed = printed.replace(&port.to_string(), "PORT");
    let word = |word: &str| {
        let bare = word.trim_matches(['\'', ',', '.']);
        if bare.starts_with("AAAA") {
            word.replace(bare, "KEY")
        } else if bare.starts_with("SHA256:") {
            word.replace(bare, "SHA256:HASH")
        } else if bare.len() > 5 && bare.bytes().all(|byte| byte.is_ascii_digit()) {
            word.replace(bare, "N")
        } else {
            word.to_owned()
        }
    };
    let line = |line: &str| {
        let line = line.split(' ').map(word).collect::<Vec<_>>().join(" ");
        match line.char_indices().nth(LONGEST) {
            Some((end, _)) => format!("{}…", line.split_at(end).0),
            None => line,
        }
    };
    printed.lines().map(line).collect::<Vec<_>>().join("\n")
}

/// Before there are keys.
pub(crate) fn handshakes() -> Vec<Case> {
    cases![
        Fails => Fault::new(Stage::Accept, Action::Close),
        Fails => Fault::new(Stage::Accept, Action::Reset),
        LosesPatience => Fault::new(Stage::Accept, Action::Stall),
        Works => Fault::new(Stage::Accept, Action::delay(Duration::from_millis(100))),
        Works => Fault::new(Stage::Version, Action::Lines { text: "welcome".into(), count: Some(3) }),
        Fails => Fault::new(Stage::Version, Action::Lines { text: "welcome".into(), count: None }),
        Fails => Fault::new(Stage::Version, Action::Protocol("SSH-1.5-Cisco-1.25".into())),
        Fails => Fault::new(Stage::Kex, Action::Close),
        Fails => Fault::new(Stage::Kex, Action::Reset),
        Fails => Fault::new(
            Stage::Kex,
            Action::disconnect(DisconnectReason::TooManyConnections, "try later"),
        ),
        Fails => Fault::new(Stage::Kex, Action::NothingInCommon),
        Fails => Fault::new(Stage::Kex, Action::WrongSignature),
        Fails => Fault::new(Stage::Kex, Action::NewHostKey),
        Works => Fault::new(Stage::Kex, Action::Pieces(1)),
        Fails => Fault::new(Stage::Sent(1024), Action::Close),
        Fails => Fault::new(Stage::Received(1024), Action::Reset),
    ]
}

/// While a client logs in.
pub(crate) fn logins() -> Vec<Case> {
    cases![
        Fails => Fault::new(Stage::Auth, Action::Close),
        Fails => Fault::new(Stage::Auth, Action::Reset),
        Fails => Fault::new(
            Stage::Auth,
            Action::disconnect(DisconnectReason::HostNotAllowedToConnect, "not from there"),
        ),
        Fails => Fault::new(Stage::Auth, Action::Corrupt),
        Waits => Fault::new(Stage::Auth, Action::Stall),
        Fails => Fault::new(Stage::Login(None), Action::fail()),
        Fails => Fault::new(
            Stage::Login(Some(Method::Password)),
            Action::Fail { left: Some([Method::PublicKey].into()) },
        ),
        Works => Fault::new(Stage::Login(None), Action::delay(Duration::from_millis(100))),
        Fails => Fault::new(
            Stage::Login(None),
            Action::disconnect(DisconnectReason::NoMoreAuthMethodsAvailable, "locked"),
        ),
    ]
}

/// Once it is logged in, until its command runs.
pub(crate) fn sessions() -> Vec<Case> {
    cases![
        Fails => Fault::new(Stage::Session, Action::Reset),
        Fails => Fault::new(
            Stage::Session,
            Action::disconnect(DisconnectReason::ByApplication, "maintenance"),
        ),
        Waits => Fault::new(Stage::Session, Action::Stall),
        Works => Fault::new(Stage::Session, Action::Bandwidth(64 << 10)),
        Works => Fault::new(Stage::Session, Action::Pieces(7)),
        Fails => Fault::new(
            Stage::Channel(Some(ChannelType::Session)),
            Action::refuse(OpenFailure::ResourceShortage, "too many sessions"),
        ),
        Waits => Fault::new(Stage::Channel(None), Action::Silence),
        Waits => Fault::new(Stage::Channel(None), Action::NoWindow),
        Fails => Fault::new(Stage::Request(Some(RequestType::Exec)), Action::fail()),
        Waits => Fault::new(Stage::Request(Some(RequestType::Exec)), Action::Silence),
    ]
}

/// While it runs, and at its end.
pub(crate) fn programs() -> Vec<Case> {
    cases![
        Fails => Fault::new(Stage::Stdout(Amount::Bytes(4096)), Action::Reset),
        Fails => Fault::new(Stage::Stdout(Amount::Bytes(4096)), Action::Close),
        Fails => Fault::new(
            Stage::Stdout(Amount::Lines(10)),
            Action::disconnect(DisconnectReason::ByApplication, "enough"),
        ),
        Waits => Fault::new(Stage::Stdout(Amount::Bytes(4096)), Action::Stall),
        Works => Fault::new(Stage::Stdout(Amount::Bytes(0)), Action::Bandwidth(64 << 10)),
        Works => Fault::new(Stage::Stdout(Amount::Bytes(0)), Action::Pieces(100)),
        Works => Fault::new(
            Stage::Stdout(Amount::Lines(1)),
            Action::Delay(Delay::uniform(Duration::from_millis(50), Duration::from_millis(100))),
        ),
        Fails => Fault::new(Stage::Stdin(4096), Action::Reset),
        Waits => Fault::new(Stage::Stdin(4096), Action::Stall),
        Fails => Fault::new(Stage::Exit, Action::Silence),
        Fails => Fault::new(Stage::Exit, Action::Status(255)),
        Fails => Fault::new(Stage::Exit, Action::Signal("KILL".into())),
        Works => Fault::new(Stage::Exit, Action::delay(Duration::from_millis(100))),
        MayWait => Fault::new(Stage::Exit, Action::NoClose),
    ]
}
