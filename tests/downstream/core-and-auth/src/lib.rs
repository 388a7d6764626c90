//! Stands for a deployment tool: it logs in, restarts a service, and reports what the host said.

use std::{net::SocketAddr, sync::Arc};

use russh::{
    ChannelMsg,
    client::{self, Handle},
    keys::PublicKeyOrCertificate,
};

/// A host is trusted by its key.
struct Trust(String);

impl client::Handler for Trust {
    type Error = russh::Error;

    async fn check_server_key(&mut self, key: &PublicKeyOrCertificate) -> Result<bool, Self::Error> {
        let PublicKeyOrCertificate::PublicKey { key, .. } = key else {
            return Ok(false);
        };
        Ok(key.to_openssh().is_ok_and(|key| self.0.starts_with(&key)))
    }
}

/// Restarts a service as this user: what the host said, if it could be done.
pub async fn restart(
    host: SocketAddr,
    host_key: &str,
    (user, password): (&str, &str),
    service: &str,
) -> Result<String, String> {
    let trust = Trust(host_key.to_owned());
    let connected = client::connect(Arc::default(), host, trust).await;
    let mut session = connected.map_err(|error| error.to_string())?;
    let login = session.authenticate_password(user, password).await;
    if !login.map_err(|error| error.to_string())?.success() {
        return Err("not logged in".to_owned());
    }
    let (status, text) = run(&session, &format!("systemctl restart {service}")).await;
    if status == Some(0) { Ok(text) } else { Err(text) }
}

async fn run(session: &Handle<Trust>, command: &str) -> (Option<u32>, String) {
    let Ok(mut channel) = session.channel_open_session().await else {
        return (None, "no channel".to_owned());
    };
    let _status_tells = channel.exec(true, command).await;
    let (mut status, mut text) = (None, String::new());
    while let Some(message) = channel.wait().await {
        match message {
            ChannelMsg::Data { data } | ChannelMsg::ExtendedData { data, .. } => {
                text.push_str(&String::from_utf8_lossy(&data));
            }
            ChannelMsg::ExitStatus { exit_status } => status = Some(exit_status),
            ChannelMsg::Failure => return (None, "refused".to_owned()),
            _ => {}
        }
    }
    (status, text)
}
