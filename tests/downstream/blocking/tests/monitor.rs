//! The monitor's tests, as its author would write them: plain functions, no runtime.

use std::{error::Error, thread, time::Duration};

use downstream_blocking::software;
use mock_auth::AcceptAny;
use mock_core::{MockSshServer, event, event::ClosedBy};

#[test]
fn the_software_is_named() -> Result<(), Box<dyn Error>> {
    let server = MockSshServer::builder().auth(AcceptAny).version("SSH-2.0-router_1.2").start_blocking()?;
    assert_eq!(software(server.addr())?, "router_1.2");

    let left = server.events().wait_for(event::disconnected()).within(Duration::from_secs(10)).blocking()?;
    assert_eq!(left.by, ClosedBy::Client);
    server.shutdown().blocking()?;
    Ok(())
}

#[test]
fn many_hosts_are_asked_at_once() -> Result<(), Box<dyn Error>> {
    let names: Vec<_> = (0..10).map(|number| format!("SSH-2.0-host_{number}")).collect();
    let start = |name: &String| MockSshServer::builder().version(name).start_blocking();
    let servers = names.iter().map(start).collect::<Result<Vec<_>, _>>()?;
    let monitors: Vec<_> = servers
        .iter()
        .map(|server| {
            let host = server.addr();
            thread::spawn(move || software(host))
        })
        .collect();
    for (number, monitor) in monitors.into_iter().enumerate() {
        assert_eq!(monitor.join().unwrap()?, format!("host_{number}"));
    }
    Ok(())
}

#[test]
fn a_host_that_goes_down_is_noticed() -> Result<(), Box<dyn Error>> {
    let server = MockSshServer::builder().start_blocking()?;
    let (host, closed) = (server.addr(), server.closed());
    let stopper = server.stopper();
    thread::spawn(move || stopper.stop());
    closed.blocking();
    assert!(software(host).is_err());
    Ok(())
}
