#![doc = include_str!("../README.md")]

mod any;
mod combine;
mod keyboard;
mod login;
mod none;
mod password;
mod public_key;
mod users;

pub use any::AcceptAny;
pub use combine::{Combine, first_of};
pub use keyboard::{KbdintRound, KeyboardInteractive};
pub use none::NoneAuth;
pub use password::Password;
pub use public_key::{AuthorizedKeysError, PublicKeys};
pub use users::{User, Users};
