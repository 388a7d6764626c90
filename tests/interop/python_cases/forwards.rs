//! Connections through a server, to what its rules say and to a host behind it, and back to the client.

use std::sync::{Arc, OnceLock};

use mock_auth::Password;
use mock_core::{
    Exec, Forward, KitUser, MockSshServer, Network, OpenFailure, RemoteForward, Session, any, event, prefix,
};
use serde_json::json;
use support::Python;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

pub(crate) fn direct(script: &str) {
    let server = MockSshServer::builder()
        .auth(Password::new("anna", "hunter2"))
        .forward(Forward::to("echo:7").echo())
        .forward(Forward::to("/run/app.sock").reply("app"))
        .forward(Forward::to(any()).refuse(OpenFailure::ResourceShortage, "busy"));
    let server = server.start_blocking().unwrap();
    let came = Python::new(&server, KitUser::new("anna")).run(script, json!({"do": "direct"}));
    assert_eq!(came, json!({"came": "hello", "refused": 4, "socket": "app"}));
    assert_eq!(server.events().count(event::forwarded().to("echo:7")), 1);
    server.shutdown().blocking().unwrap();
}

pub(crate) fn jump(script: &str) {
    let network = Network::new();
    let host = |name: &str| network.host(name).auth(Password::new("anna", "hunter2"));
    let db01 = host("db01").exec(Exec::on("hostname").reply("db01\n")).start_in_memory_blocking().unwrap();
    let bastion = host("bastion").forward(Forward::to(any()).network(&network)).start_blocking().unwrap();
    let came = Python::new(&bastion, KitUser::new("anna")).run(script, json!({"do": "jump"}));
    assert_eq!(came, json!({"came": "db01\n"}));
    assert_eq!(db01.events().count(event::connected().via(["bastion"])), 1);
    bastion.shutdown().blocking().unwrap();
    db01.shutdown().blocking().unwrap();
}

pub(crate) fn remote(script: &str) {
    let itself: Arc<OnceLock<MockSshServer>> = Arc::default();
    let server = Arc::clone(&itself);
    // Connects to the port that the client was told, while it waits for that.
    let knock = move |mut session: Session| {
        let server = Arc::clone(&server);
        async move {
            let port = session.request().args()[1].parse().unwrap();
            let mut stream = server.get().unwrap().connect_forwarded(port).await?;
            stream.write_all(b"hello").await?;
            stream.shutdown().await?;
            let mut answer = String::new();
            stream.read_to_string(&mut answer).await?;
            session.write(answer).await
        }
    };
    let started = MockSshServer::builder()
        .auth(Password::new("anna", "hunter2"))
        .exec(Exec::on(prefix("knock ")).run(knock))
        .remote_forward(RemoteForward::at("localhost:0"));
    let _once = itself.set(started.start_blocking().unwrap());
    let server = itself.get().unwrap();
    let came = Python::new(server, KitUser::new("anna")).run(script, json!({"do": "remote"}));
    assert_eq!(came, json!({"came": "hello"}));
    let bound = server.events().forwards()[0].bound;
    let withdrawn = server.events().wait_for(event::forward_cancelled()).blocking().unwrap();
    assert_eq!((withdrawn.port, withdrawn.accepted), (bound, true));
}
