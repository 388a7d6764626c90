//! What becomes of a login over time: failures, locks, delays, methods that go away.
//!
//! Each is a wrapper around all that stands in the same table, from the innermost: a method is withdrawn, a key is not the
//! one, the first attempts fail, a user is locked, the client is hung up on, and the answer is late.

use std::time::Duration;

use mock_auth::Combine as _;
use mock_base::Delay;
use mock_core::Authenticator;

use super::METHODS;
use crate::scenario::{
    keys::{self, LOCK},
    reader::{Node, Table},
    reply, server,
};

type Strategy = Box<dyn Authenticator>;

pub(super) fn wrap(mut strategy: Strategy, table: &Table<'_>) -> Strategy {
    if let Some(node) = table.get("withdraw") {
        strategy = withdraw(strategy, &node);
    }
    if let Some(number) = count(table, "nth_key", 1) {
        strategy = Box::new(strategy.nth_key(usize::try_from(number).unwrap_or(usize::MAX)));
    }
    if let Some(attempts) = count(table, "fail_first", 0) {
        strategy = Box::new(strategy.fail_first(attempts));
    }
    if let Some((failures, lasting)) = table.get("lock_after").and_then(|node| lock(&node)) {
        let locked = strategy.lock_after(failures);
        strategy = match lasting {
            Some(lasting) => Box::new(locked.for_a(lasting)),
            None => Box::new(locked),
        };
    }
    if let Some(refusals) = count(table, "disconnect_after", 1) {
        strategy = Box::new(strategy.disconnect_after(refusals));
    }
    match table.get("delay") {
        Some(node) => delayed(strategy, &node),
        None => strategy,
    }
}

/// A number that counts something.
pub(super) fn count(table: &Table<'_>, key: &str, least: u64) -> Option<u32> {
    number(&table.get(key)?, least)
}

fn number(node: &Node<'_>, least: u64) -> Option<u32> {
    node.number(least, u64::from(u32::MAX)).and_then(|count| u32::try_from(count).ok())
}

/// A number of failures, for good; or a table that says for how long.
fn lock(node: &Node<'_>) -> Option<(u32, Option<Duration>)> {
    if !node.is_table() {
        return Some((number(node, 1)?, None));
    }
    let table = node.table(&[&LOCK])?;
    let failures = number(&table.require("failures", "3")?, 1)?;
    Some((failures, table.get("for").and_then(|node| server::duration(&node))))
}

fn withdraw(strategy: Strategy, node: &Node<'_>) -> Strategy {
    let Some(table) = node.table(&[&keys::METHODS]) else {
        return strategy;
    };
    METHODS.into_iter().fold(strategy, |strategy, (name, method)| match count(&table, name, 0) {
        Some(after) => Box::new(strategy.withdraw(method, after)),
        None => strategy,
    })
}

/// One delay for all methods, or a table with one for each.
fn delayed(strategy: Strategy, node: &Node<'_>) -> Strategy {
    if !node.is_table() {
        return match reply::delay(node) {
            Some(by) => Box::new(strategy.delay(by)),
            None => strategy,
        };
    }
    let Some(table) = node.table(&[&keys::METHODS]) else {
        return strategy;
    };
    let of = |name: &str| -> Option<Delay> { reply::delay(&table.get(name)?) };
    METHODS.into_iter().fold(strategy, |strategy, (name, method)| match of(name) {
        Some(by) => Box::new(strategy.delay_method(method, by)),
        None => strategy,
    })
}
