//! Everything but unit tests, in one binary.

#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "clippy.toml allows these in test functions; this is for what they share"
)]

#[cfg(unix)]
mod directory_escapes;
#[cfg(target_os = "linux")]
mod directory_files;
#[cfg(target_os = "linux")]
mod directory_model;
mod fault_texts;
mod fs_concurrent;
mod fs_content;
mod fs_fixtures;
mod fs_limits;
#[cfg(target_os = "linux")]
mod fs_linux;
mod fs_listing;
mod fs_model;
mod fs_model_tree;
mod fs_ops;
mod fs_paths;
mod fs_permissions;
mod fs_times;
#[cfg(feature = "russh-sftp")]
mod russh_sftp;
mod scp_client;
mod scp_faults;
mod scp_garbage;
mod scp_sink;
mod scp_source;
mod sftp_client;
mod sftp_extensions;
mod sftp_faults;
mod sftp_files;
mod sftp_flow;
mod sftp_garbage;
mod sftp_listing;
mod sftp_paths;
mod sftp_records;
mod sftp_serve;
mod wire_golden;
