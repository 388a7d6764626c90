//! A host that is only reached through another: who came through which hop, and what was done where.

use std::process::Command;

use mock_auth::NoneAuth;
use mock_core::{Exec, Forward, KitUser, Network, event};

#[test]
fn a_client_reaches_the_database_through_the_bastion() -> Result<(), Box<dyn std::error::Error>> {
    let (network, directory) = (Network::new(), tempfile::tempdir()?);
    let db01 = network
        .host("db01")
        .auth(NoneAuth::new("dba"))
        .exec(Exec::on("psql --version").reply("16.3\n").expect(1))
        .expect(event::connected().via(["bastion"]), 1)
        .start_in_memory_blocking()?;
    let bastion = network
        .host("bastion")
        .auth(NoneAuth::new("anna"))
        .forward(Forward::to("db01:22").server(&db01))
        .expect(event::forwarded().to("db01:22"), 1)
        .expect_none(event::exec())
        .start_blocking()?;
    let kit = bastion.client_kit(directory.path()).user(KitUser::new("anna"));
    let kit = kit.behind(&db01, KitUser::new("dba"), "anna").write()?;
    let mut ssh = Command::new("ssh");
    let output = ssh.arg("-F").arg(kit.config_file()).args(["db01", "psql --version"]).output()?;
    assert_eq!(output.stdout, b"16.3\n");
    // What each host expected is checked when it is dropped.
    Ok(())
}
