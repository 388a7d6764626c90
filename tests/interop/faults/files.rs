//! Faults of SFTP and SCP: for each a server, what a client does there, and what has become of the files.

use std::time::Duration;

use mock_auth::{NoneAuth, Password};
use mock_core::{MockSshServer, event};
use mock_sftp::{
    Fault, MemFs, Scp, ScpOperation, Sftp,
    fault::{Action, Stage},
    wire::{Extension, Operation, StatusCode},
};
use serde_json::json;
use support::noise;

use super::{KIB, Row, row, run_script};

/// What a client does. `file` and `local` have 100 KiB, `big` has 2 MiB.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Does {
    Connect,
    Get,
    GetBig,
    Put,
    List,
    Rename,
    ScpGet,
    ScpPut,
}

/// A fault, and what is done while it is there.
pub(crate) struct Case {
    row: Row,
    fault: Fault,
    pub(crate) does: Does,
    /// How much has arrived of what is put, where the server says.
    arrives: Option<usize>,
    /// Who may wait, and not fail.
    pub(crate) waits: Waits,
}

/// Who waits for as long as they are let.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Waits {
    Nobody,
    /// A library, and not OpenSSH.
    Libraries,
    All,
}

/// A server with a fault.
pub(crate) struct Troubled {
    pub(crate) case: Case,
    pub(crate) server: MockSshServer,
    fs: MemFs,
}

macro_rules! case {
    ($does:ident, $fault:expr) => {
        Case { row: row!($fault), fault: $fault, does: Does::$does, arrives: None, waits: Waits::Nobody }
    };
}

impl Case {
    fn waits(self) -> Self {
        Self { waits: Waits::All, ..self }
    }

    fn library_waits(self) -> Self {
        Self { waits: Waits::Libraries, ..self }
    }

    fn arrives(self, bytes: usize) -> Self {
        Self { arrives: Some(bytes), ..self }
    }

    /// Only on these occasions; the row is the same.
    fn only(self, when: impl FnOnce(Fault) -> Fault) -> Self {
        Self { fault: when(self.fault), ..self }
    }
}

/// Faults at which anybody fails who asks for something.
#[rustfmt::skip]
fn refusals() -> Vec<Case> {
    vec![
        case!(Get, Fault::new(Stage::sftp(Operation::Open), Action::status(StatusCode::PermissionDenied))),
        case!(Put, Fault::new(Stage::sftp(Operation::Open), Action::status_with(StatusCode::Failure, "disk on fire"))),
        case!(Put, Fault::new(Stage::sftp(Operation::Open), Action::status(StatusCode::from(14)))),
        case!(Put, Fault::new(Stage::sftp(Operation::Close), Action::status(StatusCode::Failure))).arrives(100 * KIB),
        case!(List, Fault::new(Stage::sftp(Operation::OpenDir), Action::status(StatusCode::NoSuchFile))),
        case!(Rename, Fault::new(Stage::sftp(Operation::Extended(Extension::PosixRename)), Action::status(StatusCode::OpUnsupported))),
        case!(Get, Fault::new(Stage::sftp(Operation::Read), Action::InvalidHandle)),
    ]
}

/// Faults of the bytes of a file, and of listings.
#[rustfmt::skip]
fn amounts() -> Vec<Case> {
    vec![
        case!(Put, Fault::new(Stage::sftp(Operation::Write), Action::NoSpace(64 * 1024))).arrives(64 * KIB),
        case!(Put, Fault::new(Stage::sftp(Operation::Write), Action::Partial(100))).only(Fault::once),
        case!(Get, Fault::new(Stage::sftp(Operation::Read), Action::Short(10_000))),
        case!(List, Fault::new(Stage::sftp(Operation::ReadDir), Action::Short(1))),
        case!(List, Fault::new(Stage::sftp(Operation::ReadDir), Action::Endless)).waits(),
        case!(Get, Fault::new(Stage::sftp(Operation::Read), Action::Stall(32 * 1024))).waits(),
        case!(Get, Fault::new(Stage::sftp(Operation::Read), Action::Close(32 * 1024))),
        case!(Get, Fault::new(Stage::sftp(Operation::Read), Action::CloseChannel(32 * 1024))),
        case!(Put, Fault::new(Stage::sftp(Operation::Write), Action::Close(32 * 1024))).arrives(32 * KIB),
    ]
}

/// Faults of replies.
#[rustfmt::skip]
fn replies() -> Vec<Case> {
    vec![
        case!(Get, Fault::new(Stage::sftp(Operation::Open), Action::delay(Duration::from_millis(200)))),
        case!(Get, Fault::new(Stage::sftp(Operation::Open), Action::Silence)).waits(),
        case!(GetBig, Fault::new(Stage::sftp(Operation::Read), Action::Reorder)),
        case!(Get, Fault::new(Stage::sftp(Operation::Open), Action::Duplicate)),
        case!(Get, Fault::new(Stage::sftp(Operation::Open), Action::WrongId)).library_waits(),
        case!(Get, Fault::new(Stage::sftp(Operation::Open), Action::WrongType)),
        case!(Get, Fault::new(Stage::sftp(Operation::Open), Action::WrongLength)).library_waits(),
        case!(Get, Fault::new(Stage::sftp(Operation::Open), Action::Truncate)),
        case!(Get, Fault::new(Stage::sftp(Operation::Open), Action::Garbage(64))).library_waits(),
        case!(Connect, Fault::new(Stage::sftp(Operation::Init), Action::Say("Welcome\n".to_owned()))).library_waits(),
        case!(Connect, Fault::new(Stage::sftp(Operation::Init), Action::CloseChannel(0))),
    ]
}

/// Faults of SCP.
#[rustfmt::skip]
fn copies() -> Vec<Case> {
    vec![
        case!(ScpPut, Fault::new(Stage::scp(ScpOperation::Upload), Action::Warn("quota exceeded".to_owned()))),
        case!(ScpGet, Fault::new(Stage::scp(ScpOperation::Download), Action::Fatal("disk on fire".to_owned()))),
        case!(ScpPut, Fault::new(Stage::scp(ScpOperation::Upload), Action::NoSpace(32 * 1024))).arrives(32 * KIB),
        case!(ScpPut, Fault::new(Stage::scp(ScpOperation::Upload), Action::Exit(3))).arrives(100 * KIB),
        case!(ScpPut, Fault::new(Stage::scp(ScpOperation::Upload), Action::Silence)).waits().arrives(100 * KIB),
        case!(ScpPut, Fault::new(Stage::scp(ScpOperation::Upload), Action::delay(Duration::from_millis(200)))).arrives(100 * KIB),
        case!(ScpGet, Fault::new(Stage::scp(ScpOperation::Download), Action::Stall(32 * 1024))).waits(),
        case!(ScpGet, Fault::new(Stage::scp(ScpOperation::Download), Action::Close(32 * 1024))),
        case!(ScpGet, Fault::new(Stage::scp(ScpOperation::Download), Action::CloseChannel(32 * 1024))),
        case!(ScpGet, Fault::new(Stage::scp(ScpOperation::Download), Action::Say("Welcome\n".to_owned()))),
    ]
}

/// Servers for all faults of SFTP.
pub(crate) fn sftp() -> Vec<Troubled> {
    [refusals(), amounts(), replies()].into_iter().flatten().map(Troubled::new).collect()
}

/// Servers for all faults of SCP.
pub(crate) fn scp() -> Vec<Troubled> {
    copies().into_iter().map(Troubled::new).collect()
}

impl Troubled {
    fn new(case: Case) -> Self {
        let fs = MemFs::builder()
            .file("/up/file", noise(100 * KIB))
            .file("/up/big", noise(2048 * KIB))
            .build()
            .unwrap();
        let sftp = Sftp::new(fs.clone());
        let scp = Scp::new(fs.clone()).with_faults(sftp.faults());
        sftp.faults().add(case.fault.clone()).unwrap();
        let builder =
            MockSshServer::builder().auth(NoneAuth::new("anna")).auth(Password::new("anna", "hunter2"));
        let builder = builder.subsystem("sftp", sftp);
        let builder = builder.exec(mock_core::Exec::on(mock_sftp::scp_command()).run(scp));
        Self { case, server: builder.start_blocking().unwrap(), fs }
    }

    /// Holds to the document what a client printed, to the journal what happened, and to the files what is left.
    ///
    /// # Errors
    ///
    /// What is otherwise.
    pub(crate) fn check(self, client: &str, printed: &str) -> Result<(), String> {
        let port = self.server.addr().port().to_string();
        self.case.row.check(client, &printed.replace(&port, "PORT"))?;
        let stage = self.case.fault.stage().to_string();
        let struck =
            event::fault().stage(stage.as_str()).action(self.case.fault.action().to_string().as_str());
        if self.server.events().count(struck) == 0 {
            return Err(format!("{stage} did not strike: {}", self.server.events().timeline()));
        }
        if let Some(expected) = self.case.arrives {
            let arrived = self.fs.read("/up/new").unwrap();
            if Some(&*arrived) != noise(100 * KIB).get(..expected) {
                return Err(format!("{stage}: {} bytes arrived, and not {expected}", arrived.len()));
            }
        }
        let ends_before_its_clients = self.server.shutdown().blocking();
        ends_before_its_clients.map_err(|error| error.to_string())
    }
}

impl Does {
    fn name(self) -> &'static str {
        match self {
            Self::Connect => "connect",
            Self::Get => "get",
            Self::GetBig => "get-big",
            Self::Put => "put",
            Self::List => "list",
            Self::Rename => "rename",
            Self::ScpGet => "scp-get",
            Self::ScpPut => "scp-put",
        }
    }
}

/// Lets a script of Python meet all of them. Returns what was otherwise.
pub(crate) fn met_by_python(
    client: &str,
    script: &str,
    servers: Vec<Troubled>,
) -> impl Iterator<Item = String> {
    let case = |at: &Troubled| {
        let (does, waits) = (at.case.does.name(), at.case.waits != Waits::Nobody);
        json!({"port": at.server.addr().port(), "does": does, "waits": waits})
    };
    let said = run_script(script, &servers.iter().map(case).collect::<Vec<_>>());
    servers.into_iter().zip(said).filter_map(move |(at, said)| at.check(client, &said).err())
}
