//! What flags say of how a server appears: they go before the file, and each option of theirs replaces one of it.

use std::{fs, path::Path};

use mock_core::{Algorithms, HostKey, keys::Certificate};

use super::{
    algorithms::{AlgorithmTable, Offer},
    host_keys::{self, OwnKey},
    server::{Limit, ServerOptions},
};
use crate::{
    args::{ConnectionArgs, HostKeyArgs, List, ListenArgs, ServerArgs},
    error::Error,
};

/// What flags say, and where they say nothing what is `written`. Takes its time: it reads and makes keys.
pub(super) fn over(args: &ServerArgs, written: ServerOptions) -> Result<ServerOptions, Error> {
    let ServerArgs { listen, connections, behaviour, host_keys, .. } = args;
    let flags = ServerOptions {
        name: listen.name.clone(),
        address: listen.listen_address,
        port: listen.listen_port,
        profile: listen.profile,
        version: listen.version_string.clone(),
        banner: behaviour.banner.clone().map(|text| vec![text]),
        algorithms: listen.algorithms.map(|set| set.list().into()),
        host_keys: own_keys(listen, host_keys)?,
        other_host_keys: given(&host_keys.other_host_key),
        max_connections: count(listen.max_connections),
        max_auth_attempts: connections.max_auth_tries,
        handshake_timeout: connections
            .login_grace_time
            .map(|grace| grace.0.map_or(Limit::Never, Limit::After)),
        reveal_secrets: behaviour.reveal_secrets.then_some(true),
        x11_forwarding: connections.x11_forwarding.then_some(true),
        max_channels: count(connections.max_channels),
        accept_env: given(&connections.accept_env),
        rekey_after: connections.rekey_limit.and_then(|limit| limit.time),
        rekey_after_bytes: count(connections.rekey_limit.and_then(|limit| limit.bytes)),
        keepalive: connections.keepalive,
        window: connections.window,
        max_packet: connections.max_packet,
        ..ServerOptions::default()
    };
    let mut server = flags.or(written);
    server.algorithms = restricted(server.algorithms, connections);
    for path in &host_keys.host_certificate {
        certify(server.host_keys.as_deref_mut().unwrap_or_default(), path)?;
    }
    Ok(server)
}

/// The values of a flag, if it was given.
fn given<T: Clone>(values: &[T]) -> Option<Vec<T>> {
    Some(values.to_vec()).filter(|values| !values.is_empty())
}

fn count(count: Option<u32>) -> Option<usize> {
    count.map(|count| usize::try_from(count).unwrap_or(usize::MAX))
}

fn own_keys(listen: &ListenArgs, args: &HostKeyArgs) -> Result<Option<Vec<OwnKey>>, Error> {
    let mut keys = Vec::new();
    for path in &listen.host_key {
        keys.push(OwnKey::from(HostKey::read(path)?));
    }
    for key_type in &args.host_key_type {
        keys.push(host_keys::generate(*key_type).map_err(Error::MakeHostKey)?.into());
    }
    Ok(given(&keys))
}

/// Gives the certificate in this file to the key that it is about.
fn certify(keys: &mut [OwnKey], path: &Path) -> Result<(), Error> {
    let failed = |source| Error::HostCertificate { path: path.to_owned(), source };
    let text = fs::read_to_string(path).map_err(|error| failed(error.into()))?;
    let certificate = Certificate::from_openssh(text.trim()).map_err(|error| failed(error.into()))?;
    let keys = keys.iter_mut().map(|own| &mut own.key);
    let mut own = keys.filter(|key| key.public_key().key_data() == certificate.public_key());
    let key = own.next().ok_or_else(|| failed("it is for none of the host keys".into()))?;
    *key = key.clone().with_certificate(certificate)?;
    Ok(())
}

/// With the lists that flags have instead of its own.
fn restricted(algorithms: Option<AlgorithmTable>, args: &ConnectionArgs) -> Option<AlgorithmTable> {
    let lists: [(Offer, &Option<List>); 4] = [
        (Algorithms::kex, &args.kex_algorithms),
        (Algorithms::host_keys, &args.host_key_algorithms),
        (Algorithms::ciphers, &args.ciphers),
        (Algorithms::macs, &args.macs),
    ];
    let given = lists.into_iter().filter_map(|(offer, list)| Some((offer, list.as_ref()?.0.clone())));
    let given: Vec<_> = given.collect();
    if given.is_empty() { algorithms } else { Some(algorithms.unwrap_or_default().restricted(given)) }
}
