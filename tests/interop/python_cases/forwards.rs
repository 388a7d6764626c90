//! Connections through a server, to what its rules say and to a host behind it.

use mock_auth::Password;
use mock_core::{Exec, Forward, KitUser, Network, OpenFailure, any, event};
use serde_json::json;
use support::Python;

pub(crate) fn direct(script: &str) {
    let server = mock_core::MockSshServer::builder()
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
