//! The job's tests of services behind the host, and of who asks how it goes, as its author would write them.

use std::{
    error::Error,
    io::{Read as _, Write as _},
    net::{Shutdown, TcpStream},
    thread,
};

use downstream_with_ssh2::{Host, Login, answer};
use mock_auth::Password;
use mock_core::{Builder, Forward, MockSshServer, OpenFailure, RemoteForward, any, event};

type TestResult = Result<(), Box<dyn Error>>;

fn start(builder: Builder) -> Result<(MockSshServer, Host), Box<dyn Error>> {
    let server = builder.auth(Password::new("backup", "hunter2")).start_blocking()?;
    let directory = tempfile::tempdir()?;
    let kit = server.client_kit(directory.path()).write()?;
    let login = Login::Password("hunter2");
    let host = Host::connect(server.addr(), &kit.known_hosts_file(), "backup", login)?;
    Ok((server, host))
}

#[test]
fn services_behind_the_host_are_asked() -> TestResult {
    let builder = MockSshServer::builder()
        .forward(Forward::to("db01:5432").reply("16.3"))
        .forward(Forward::to("db02:5432").refuse(OpenFailure::ConnectFailed, "No route to host"))
        .forward(Forward::to("/run/app.sock").echo());
    let (server, host) = start(builder)?;
    assert_eq!(host.ask("db01", 5432, "version?")?, "16.3");
    assert_eq!(host.ask_socket("/run/app.sock", "anybody there?")?, "anybody there?");
    assert!(host.ask("db02", 5432, "version?").is_err());
    assert!(host.ask("db03", 5432, "version?").is_err());
    let refused = server.events().query(event::channel_refused());
    let refused: Vec<_> = refused.iter().map(|one| (one.kind.target(), one.code)).collect();
    assert_eq!(refused, [(Some("db02:5432".to_owned()), 2), (Some("db03:5432".to_owned()), 1)]);
    assert_eq!(server.events().forwarded().len(), 2);
    drop(host);
    server.shutdown().blocking()?;
    Ok(())
}

#[test]
fn who_asks_the_host_is_answered_by_the_job() -> TestResult {
    let (server, host) = start(MockSshServer::builder().remote_forward(RemoteForward::at(any()).host()))?;
    let (mut listener, port) = host.listen(0)?;
    let asking = thread::spawn(move || -> std::io::Result<String> {
        let mut stream = TcpStream::connect(("127.0.0.1", port))?;
        stream.write_all(b"monday")?;
        stream.shutdown(Shutdown::Write)?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer)?;
        Ok(answer)
    });
    answer(&mut listener, "half done")?;
    assert_eq!(asking.join().map_err(|_| "it panicked")??, "monday: half done");
    drop(listener);
    let withdrawn = server.events().wait_for(event::forward_cancelled()).blocking()?;
    assert!(withdrawn.accepted);
    assert!(TcpStream::connect(("127.0.0.1", port)).is_err());
    drop(host);
    server.shutdown().blocking()?;
    Ok(())
}
