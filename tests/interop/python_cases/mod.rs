//! What both Python libraries are put through: one function for each thing that their users do.
//!
//! The modules `paramiko` and `asyncssh` say with which script. What differs between the libraries is returned.
#![expect(
    clippy::indexing_slicing,
    reason = "a JSON value has null for what it has not, and a test that finds it fails"
)]

pub(crate) mod agents;
pub(crate) mod binary;
pub(crate) mod channels;
pub(crate) mod connection_faults;
pub(crate) mod factors;
pub(crate) mod files;
pub(crate) mod forwards;
pub(crate) mod logins;
