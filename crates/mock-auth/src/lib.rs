#![doc = include_str!("../README.md")]

mod any;
mod certificate;
mod clock;
mod combine;
mod factors;
mod keyboard;
mod keys;
mod login;
mod none;
mod over_time;
mod password;
mod users;

pub use any::AcceptAny;
pub use certificate::{CertificateDraft, Certificates, MockCa};
pub use clock::Clock;
pub use combine::{Combine, OnlyFor, RejectAny};
pub use factors::{
    AllOf, AuthenticationMethods, AuthenticationMethodsError, InOrder, Required, Strategies, all_of,
    first_of, in_order,
};
pub use keyboard::{
    CodeError, Dialogue, ExpiredPassword, KbdintDialogue, KbdintRound, KeyboardInteractive, OneTimeCode, Step,
};
pub use keys::{
    AddressList, AddressListError, AuthorizedKey, AuthorizedKeyError, AuthorizedKeysError, KeyOptionError,
    KeyOptions, PublicKeys,
};
pub use none::NoneAuth;
pub use over_time::{
    ByConnection, Delayed, DisconnectAfter, FailFirst, LockAfter, NthKey, Withdrawn, by_connection,
};
pub use password::Password;
pub use users::{User, Users};
